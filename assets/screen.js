// What can lie on the screen: the player, a take being made, a failure, the GIF, the settings.

import { attr, copyButton, el, set, text } from "./dom.js";
import { charged, money, prompt, timeOfDay } from "./words.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Player {
  constructor() {
    this.node = el("video", { controls: true, loop: true, playsinline: true, preload: "auto", hidden: true });
    this.node.muted = true;
    this.source = null;
  }

  // Sets the source only where it is another one: an update must never restart a playing clip.
  load(job, files) {
    const source = this.playable(job, files);
    const poster = files.poster ?? null;
    if (poster && this.node.getAttribute("poster") !== poster) this.node.setAttribute("poster", poster);
    if (source === this.source) return this.resume(source);
    this.source = source;
    if (!source) {
      this.node.removeAttribute("src");
      this.node.removeAttribute("poster");
      this.node.load();
      return;
    }
    set(this.node, "aria-label", `Clip: ${prompt(job)}`);
    this.node.autoplay = !still.matches;
    this.node.src = source;
  }

  // The provider's own file, or our copy where this browser says that it does not play the other.
  playable(job, files) {
    const own = files.video ?? null;
    const copy = own && own === job?.files?.video ? job.copy : null;
    if (!copy) return own;
    return copy.mime && this.node.canPlayType(copy.mime) ? own : copy.url;
  }

  excuse(job) {
    if (job.copy && this.source === job.copy.url) {
      const silent = job.copy.silent ? " It lacks the sound, which cannot be decoded here." : "";
      return `The provider's clip is ${job.copy.what}, which this browser does not play as it is: this is a copy in H.264 that Dailies made.${silent} The download is the provider's own file.`;
    }
    return this.node.error && this.source ? "This browser cannot play this clip. Download it, and open it in another player." : "";
  }

  resume(source) {
    if (source && this.node.hidden && this.node.autoplay) this.node.play().catch(() => {});
  }
}

let emptyNode = null;

export function empty(deeds) {
  emptyNode ??= makeEmpty(deeds);
  const examples = deeds.examples();
  emptyNode.buttons.forEach((button, place) => {
    text(button, examples[place] ?? "");
    attr(button, "hidden", examples[place] ? null : "");
  });
  text(emptyNode.note, deeds.promise());
  return emptyNode.node;
}

function makeEmpty(deeds) {
  const buttons = [0, 1, 2].map((place) => {
    const button = el("button", { type: "button", class: "example" });
    button.addEventListener("click", () => deeds.example(deeds.examples()[place]));
    return button;
  });
  const note = el("p", { class: "promise" });
  const list = el("div", { class: "examples" }, ...buttons);
  const title = el("h2", { text: "Start with one of these, or write your own." });
  return { node: el("div", { class: "scene empty" }, title, list, note), buttons, note };
}

export function running(stage, job) {
  const words = el("p", { class: "script", text: prompt(job) });
  const note = el("p", { class: "aside" });
  const node = el("div", { class: "scene running" }, el("div", { class: "lamp" }), words, note, el("div", { class: "thread" }));
  const update = (now) => text(note, now.note ?? "");
  return { node, update };
}

const TITLES = {
  failed: "This take failed",
  cancelled: "Cancelled",
  unconfirmed: "It is not certain that the order arrived",
  completed: "The clip is not here",
};

export function failure(stage, job) {
  const { deeds } = stage;
  const error = job.error ?? {};
  const said = error.provider_message ? `"${error.provider_message}"` : "";
  const again = el("button", { type: "button", class: "solid", text: "Try again", onclick: () => deeds.reuse(job) });
  const look = el("button", { type: "button", class: "solid", text: "Look again" });
  look.addEventListener("click", () => deeds.act(job, "look-again"));
  const mayLook = canLookAgain(job);
  const node = el(
    "div",
    { class: "scene failure", "data-state": job.state },
    el("h2", { text: TITLES[job.state] }),
    el("p", { text: error.message ?? job.note ?? "" }),
    said ? el("p", { class: "quote mono", text: said }) : null,
    el("p", {}, el("strong", { text: charged(error) }), ` ${error.next_step ?? ""}`),
    el("div", { class: "ways" }, ...(mayLook ? [look] : []), again),
    job.state === "unconfirmed" ? adoption(deeds, job) : null,
  );
  if (mayLook) again.className = "dim";
  return { node };
}

// What ran, or may have run, at the provider can be asked after again at no cost.
function canLookAgain({ state, error, generation_id: id }) {
  if (state === "unconfirmed") return true;
  if (!id) return false;
  // Nobody said that it failed, so the clip may yet be there; the sandbox charges nothing for that.
  if (error?.charged === "unknown" || error?.next_step?.startsWith("Look again")) return true;
  return state === "cancelled" || !["generation_failed", "out_of_credit", "moderated", "rejected", "cancelled"].includes(error?.kind);
}

function adoption(deeds, job) {
  const field = el("input", { name: "generation", required: true, autocomplete: "off", spellcheck: "false", class: "mono", "aria-label": "The provider's generation id", placeholder: "the provider's generation id" });
  const form = el("form", { class: "adopt" }, field, el("button", { class: "dim", text: "Use this id" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    deeds.act(job, "adopt", { generation_id: field.value.trim() });
  });
  return form;
}

export function gifView(stage, job) {
  const picture = el("img", { class: "gif", alt: `GIF: ${prompt(job)}` });
  const none = el("p", { class: "promise" });
  const node = el("div", { class: "scene gifs" }, picture, none);
  const update = (now) => {
    const source = stage.gifOf(now)?.url ?? null;
    if (source && picture.getAttribute("src") !== source) picture.src = source;
    attr(picture, "hidden", source ? null : "");
    attr(none, "hidden", source ? "" : null);
    text(none, now.files?.video ? "No GIF yet. Choose a size below and make one." : "The GIF comes with the clip.");
  };
  return { node, update };
}

export function settings(stage, job) {
  const list = el("dl", { class: "settings" });
  const node = el("div", { class: "scene sheet", tabindex: "0" }, list);
  let drawn = "";
  const update = (now) => {
    const rows = settingRows(now);
    const key = JSON.stringify(rows);
    if (key === drawn) return;
    drawn = key;
    list.replaceChildren(...rows.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { class: "mono", text: value })]));
  };
  return { node, update };
}

export function settingsJson(job) {
  return JSON.stringify({ model: job.model, params: job.params, id: job.id, generation_id: job.generation_id }, null, 2);
}

export const copySettings = (job) => copyButton(() => settingsJson(job), "Copy as JSON");

function settingRows(job) {
  const params = Object.entries(job.params ?? {}).map(([name, value]) => [name, shorten(value)]);
  const facts = [
    ["model", job.model],
    ["take", job.id],
    ["provider's id", job.generation_id],
    ["provider's state", job.provider_status],
    ["ordered", job.created_at ? `${new Date(job.created_at).toLocaleDateString()} ${timeOfDay(job.created_at)}` : ""],
    ["sources", (job.sources ?? []).join(" ")],
    ["credentials", job.signed ? "signed (C2PA): the file is byte for byte as it came, and these settings stand beside it" : ""],
    ["settings file", job.settings_file ? `${location.origin}${job.settings_file}` : ""],
    ["usage", job.live ? usage(job.usage) : ""],
  ];
  return [...params, ...facts.filter(([, value]) => value)];
}

function usage(used) {
  if (!used) return "";
  const parts = Object.entries(used).map(([name, value]) => (name === "usd" ? money(value) : `${value} ${name}`));
  return parts.join(", ");
}

function shorten(value) {
  const words = typeof value === "string" ? value : JSON.stringify(value);
  return words.length > 600 ? `${words.slice(0, 600)}…` : words;
}
