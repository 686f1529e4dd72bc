// The header's chips: each provider with its balance, and what this visit and this day did cost.

import { attr, el, text } from "./dom.js";
import { money } from "./words.js";

export function drawHeader(feed) {
  const chips = document.getElementById("chips");
  while (chips.children.length < feed.providers.length) chips.append(el("li", { class: "chip" }, el("span", { class: "dot" }), el("span")));
  feed.providers.forEach((provider, place) => {
    const chip = chips.children[place];
    attr(chip, "data-live", provider.live ? "true" : "false");
    attr(chip, "title", provider.balance ? `${provider.label} says that ${left(provider)} are left` : null);
    text(chip.lastChild, words(provider));
  });
  text(document.getElementById("today"), feed.online ? spent(feed.spent) : "no connection, trying again");
}

const left = ({ balance }) => money(balance.amount, balance.currency);

function words(provider) {
  const parts = [provider.label, provider.live ? "live" : "sandbox"];
  if (provider.live && provider.balance) parts.push(left(provider));
  return parts.join(" · ");
}

const spent = ({ visit, day }) => `visit ${money(visit)} · today ${money(day)}`;
