// What is said of the chosen model: its facts under its name, its withdrawal, its price.

import { attr, el, text } from "./dom.js";
import { ask } from "./request.js";
import { about, money } from "./words.js";

const MOST_CHANGES = 2;
let asked = 0;

export function dressModel(form, face) {
  pricePlace();
  const facts = document.querySelector("#model-facts .facts");
  if (!facts) return;
  const params = form.params();
  const words = [size(face, params), rate(face, params), face.wait && about(face.wait), { true: "sound", false: "silent" }[face.sound]];
  // Of a model that nobody here knows by hand, its own name is the best that can be said.
  text(facts, words.filter(Boolean).join(" · ") || idOf(face.key));
  const side = document.getElementById("model-side");
  attr(side, "data-live", form.faceName() === "live" ? "true" : "false");
  text(side.lastChild, `${form.labels(face.provider)} · ${form.faceName()}`);
  const told = withdrawal(form, face) || updated(form, face);
  const notice = document.querySelector("#model-facts .notice");
  text(notice, told);
  attr(notice, "hidden", told ? null : "");
}

// The key of a model is `provider:id`.
const idOf = (key) => key.slice(key.indexOf(":") + 1);

function size(face, { width, height, aspect_ratio: ratio }) {
  const known = width && height ? [width, height] : (face.sizes[ratio] ?? Object.values(face.sizes)[0]);
  return known ? `${known[0]}×${known[1]}` : "";
}

function rate(face, params) {
  const fps = params.fps ?? face.fps;
  return fps ? `${fps} fps` : "";
}

function withdrawal(form, face) {
  if (!face.withdrawn) return "";
  const { since, instead } = face.withdrawn;
  const who = form.labels(face.provider);
  if (!since) return `${who} does not list this model any more: an order may be refused.`;
  if (form.faceName() === "live") {
    return [`${who} has withdrawn this model (${since}); an order will be refused.`, instead ? `Use ${instead}.` : ""].join(" ");
  }
  return `${who} withdrew this model on ${since}. The sandbox still plays it; with a key an order would be refused.`;
}

function updated(form, face) {
  if (!face.updated.length) return "";
  const who = form.labels(face.provider);
  const more = face.updated.length - MOST_CHANGES;
  const told = face.updated.slice(0, MOST_CHANGES).join(" ");
  return `Updated to what ${who} takes now. ${told}${more > 0 ? ` And ${more} more.` : ""}`;
}

function pricePlace() {
  const button = document.getElementById("generate");
  return button?.querySelector(".price") ?? button?.appendChild(el("span", { class: "price" }));
}

export async function showPrice(form) {
  const place = pricePlace();
  const number = ++asked;
  if (!place) return;
  if (form.faceName() === "sandbox") return text(place, "free: sandbox");
  const words = await ask("/dailies/estimate", { model: form.model, params: form.params() }).then(
    priceWords,
    () => "price unknown",
  );
  // An older question may be answered later than a newer one.
  if (number === asked) text(place, words);
}

function priceWords({ cost }) {
  if (typeof cost?.amount !== "number") return "price unknown";
  // To the cent: the exact figure is known only afterwards.
  return cost.amount === 0 ? "free" : `≈ ${money(Math.round(cost.amount * 100) / 100, cost.currency)}`;
}
