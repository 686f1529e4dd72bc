// Joins the parts of the page: the form, the feed, the stage, the strip, the panels and the theme.

import { attr, el, text } from "./dom.js";
import { showCode } from "./code.js";
import { Feed, ask } from "./feed.js";
import { Form } from "./form.js";
import { initPanels, openPanel } from "./panels.js";
import { Stage } from "./stage.js";
import { Takes } from "./takes.js";
import { toggleTheme, useTheme } from "./theme.js";
import { costAmount, isOver, money, prompt } from "./words.js";

const table = JSON.parse(document.getElementById("dailies-table").textContent);
const feed = new Feed();
const providerOf = (name) => feed.providers.find((provider) => provider.name === name);
const form = new Form(table, (name) => providerOf(name)?.live ?? table.live[name] ?? false);
form.labels = (name) => providerOf(name)?.label ?? table.labels[name] ?? name;

let stage = null;
let takes = null;
let order = null;
let choosing = false;
let confirming = false;

const press = (id) => (document.getElementById(id)?.querySelector("button") ?? document.getElementById(id))?.click();

// ---- what Gradio's events call (see ui/page.py) ----

window.dailies = {
  switchTo: (model, ...held) => form.switchTo(model, held),
  changed: (id, value) => form.changed(id, value),
  typed: (id, value) => form.typed(id, value),
  toSend: (model, ...held) => [model, ...form.toSend(held)],
  fillIn: () => {
    const updates = form.fill(window.dailies.filling.model, window.dailies.filling.params);
    return [form.model, ...updates];
  },
  dice: () => crypto.getRandomValues(new Uint32Array(1))[0] >>> 1,
  generate,
  orderInputs: (key, confirmed, model, ...held) => [order.key, order.confirmed, form.model, ...form.toSend(held)],
  answered,
  openCode(written) {
    showCode(written);
    openPanel("code");
  },
  openKeys: () => openPanel("keys"),
  keysChanged: () => feed.refresh(),
  theme: toggleTheme,
};

function generate(model, ...held) {
  if (order) return;
  const confirmed = confirming;
  confirming = false;
  if (!form.approve(form.toSend(held))) return;
  order = { key: randomId(), confirmed };
  trouble("");
  busy(true);
  // An answer that never comes must not lock the button for good; the key still buys only once.
  order.limit = setTimeout(() => answered({ request_key: order?.key, error: "No answer came. Look at the strip before you order again." }), 60_000);
  press("order");
}

function answered(answer) {
  if (!order || (answer?.request_key ?? order.key) !== order.key) return;
  clearTimeout(order.limit);
  order = null;
  busy(false);
  if (!answer) return trouble("The server could not take the order. Look at the strip, then try again.");
  if (answer.problems && form.refuse(answer.problems)) return;
  if (answer.confirm) return askToConfirm(answer.confirm);
  if (answer.error) return trouble(answer.error);
  choosing = true;
  feed.take(answer.job);
  choose(answer.job.id);
  feed.refresh().then(() => feed.ticker.postMessage(1000));
}

// A dear order goes out on the second press only, and that press is another button.
function askToConfirm(words) {
  trouble(words);
  const button = document.getElementById("confirm");
  attr(button, "hidden", null);
  button.focus();
}

function busy(on) {
  const button = document.getElementById("generate");
  attr(button, "aria-busy", on ? "true" : null);
  attr(button, "aria-disabled", on ? "true" : null);
}

// Sixteen random bytes; `randomUUID` is only there on https and on this machine.
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function trouble(words) {
  const line = document.getElementById("trouble");
  text(line, words);
  attr(line, "hidden", words ? null : "");
  attr(document.getElementById("confirm"), "hidden", "");
}

// ---- what the stage's buttons do ----

const deeds = {
  examples: () => form.face().examples,
  example: (words) => fillIn(form.model, { ...form.params(), prompt: words }),
  promise() {
    if (form.faceName() === "live") return "An order goes to the provider, and is charged to its key.";
    return "Without a key this runs in the sandbox: a real clip, drawn by this app, free and in seconds. Add a key under Keys for the real model.";
  },
  async act(job, deed, body = {}) {
    stage.tell("");
    try {
      const said = await ask(`/dailies/jobs/${encodeURIComponent(job.id)}/${deed}`, body);
      if (said.gif) stage.made.set(job.id, said.gif);
      feed.take(said.job);
    } catch (error) {
      stage.tell(error.message);
    }
    await feed.refresh();
  },
  async reuse(job) {
    await fillIn(job.model, await withFiles(job));
    document.getElementById("form")?.scrollIntoView({ block: "nearest" });
  },
};

async function fillIn(model, params) {
  if (!table.models[model]) return stage.tell("This model is no longer offered, so its settings cannot be used.");
  trouble("");
  window.dailies.filling = { model, params };
  press("fill-in");
}

// A source file that the job kept goes back into the form through Gradio's own upload.
async function withFiles(job) {
  const params = { ...job.params };
  const faces = table.models[job.model];
  const files = (faces?.sandbox.fields ?? []).concat(faces?.live.fields ?? []).filter((field) => field.rule.kind === "file");
  for (const { name } of files) {
    const source = job.sources?.[name] ?? params[name];
    if (typeof source === "string" && source.startsWith("/takes/")) params[name] = await upload(source, name).catch(() => null);
    else if (typeof source !== "string" || !source.startsWith("https:")) delete params[name];
  }
  return params;
}

async function upload(path, name) {
  const body = new FormData();
  const kind = path.split(".").at(-1);
  body.append("files", await (await fetch(path)).blob(), `${name}.${kind}`);
  const [kept] = await (await fetch("/gradio_api/upload", { method: "POST", body })).json();
  return { path: kept, url: `/gradio_api/file=${kept}`, orig_name: `${name}.${kind}`, meta: { _type: "gradio.FileData" } };
}

// ---- the selection, the title, the announcer ----

function choose(id) {
  choosing = true;
  stage.show(id);
  takes.mark(id);
}

function firstChoice() {
  if (choosing || !feed.jobs.size) return;
  const jobs = feed.list();
  choose((jobs.find((job) => !isOver(job)) ?? jobs[0]).id);
}

const states = new Map();
let ready = 0;

function announce() {
  const first = states.size === 0 && !order && !choosing;
  for (const job of feed.list()) {
    const before = states.get(job.id);
    const now = job.state;
    states.set(job.id, now);
    if (before === now || first || (before === undefined && isOver(job))) continue;
    text(document.getElementById("announcer"), saying(job));
    if (isOver(job) && document.hidden) ready += 1;
  }
  title();
}

function saying(job) {
  const what = { queued: "Ordered", submitting: "Ordered", running: "Being made", saving: "Being saved", completed: "Ready", failed: "Failed", cancelled: "Cancelled", unconfirmed: "Not confirmed" }[job.state];
  return `${what}: ${prompt(job).slice(0, 80)}`;
}

function title() {
  const running = feed.running().length;
  if (!document.hidden) ready = 0;
  const marks = [ready ? `✓ ${ready === 1 ? "take" : `${ready} takes`} ready` : "", running ? `● ${running} running` : ""];
  const words = [...marks.filter(Boolean), "Dailies"].join(" · ");
  if (document.title !== words) document.title = words;
}

// ---- the header ----

function drawHeader() {
  const chips = document.getElementById("chips");
  const providers = feed.providers.length ? feed.providers : [];
  while (chips.children.length < providers.length) chips.append(el("li", { class: "chip" }, el("span", { class: "dot" }), el("span")));
  providers.forEach((provider, place) => {
    const chip = chips.children[place];
    attr(chip, "data-live", provider.live ? "true" : "false");
    text(chip.lastChild, `${provider.label} · ${provider.live ? "live" : "sandbox"}`);
  });
  text(document.getElementById("today"), feed.online ? today() : "no connection, trying again");
}

function today() {
  const day = new Date().toDateString();
  const mine = feed.list().filter((job) => job.live && new Date(job.created_at).toDateString() === day);
  return `today ${money(mine.reduce((sum, job) => sum + (costAmount(job) ?? 0), 0))}`;
}

let faces = "";

function followProviders() {
  const now = JSON.stringify(feed.providers.map(({ name, live }) => [name, live]));
  if (now === faces) return;
  faces = now;
  const face = form.faceName();
  if (form.shownFace !== face) fillIn(form.model, form.params());
  else form.later();
}

// ---- the start ----

// Gradio fetches each kind of widget by itself, so the parts of the page appear in any order.
const PARTS = ["screen", "takes-list", "chips", "generate", "model", "model-facts", "keys", "order", "fill-in"];

function isDrawn() {
  const widgets = form.face().fields.filter((field) => !field.advanced).map((field) => field.slot);
  return [...PARTS, ...widgets].every((id) => document.getElementById(id));
}

function start() {
  useTheme();
  stage = new Stage(document.getElementById("stage"), feed, deeds);
  takes = new Takes(document.getElementById("takes"), feed, choose);
  takes.progress = (job) => stage.progress(job);
  form.told = () => stage.job ?? stage.draw();
  feed.watch(firstChoice);
  feed.watch(announce);
  feed.watch(drawHeader);
  feed.watch(followProviders);
  initPanels();
  keys();
  stage.draw();
  takes.draw();
  drawHeader();
  form.dress();
  form.price();
  restore();
  feed.start();
  setInterval(() => {
    stage.tick();
    takes.tick();
  }, 250);
  document.addEventListener("visibilitychange", title);
  watchWidgets();
}

// Gradio makes a widget anew each time it is shown: what the page adds to it is put back then.
function watchWidgets() {
  let due = false;
  const again = () => {
    due = false;
    form.dress();
  };
  new MutationObserver(() => {
    if (!due) requestAnimationFrame(again);
    due = true;
  }).observe(document.getElementById("form"), { childList: true, subtree: true });
}

function keys() {
  const box = document.getElementById("form");
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    // Gradio takes up what was typed a moment after the key.
    setTimeout(() => press("generate"), 30);
  }, true);
  box.addEventListener("input", () => trouble(""));
  box.addEventListener("click", ({ target }) => {
    if (target.id !== "confirm") return;
    confirming = true;
    press("generate");
  });
  // What unfolds is of no use below the edge.
  box.addEventListener("click", ({ target }) => {
    if (target.closest("#more > button")) setTimeout(() => unfold(), 60);
  });
  box.addEventListener("focusout", () => form.later());
  // Gradio's slider quietly pulls what was typed into its range when left; here it is refused
  // with a reason, and stays as it was typed.
  box.addEventListener("blur", (event) => {
    if (event.target.type === "number" && form.isBeyond(event.target)) event.stopPropagation();
  }, true);
  // Gradio closes its list on Escape but opens it only when the box is entered anew.
  box.addEventListener("keyup", ({ key, target }) => {
    if (key === "Escape" && target.closest("#model")) target.blur();
  });
}

function unfold() {
  const more = document.getElementById("more");
  const isOpen = more.querySelector(":scope > button").classList.contains("open");
  if (isOpen) more.scrollIntoView({ block: "start", behavior: "smooth" });
}

function restore() {
  const draft = Form.draft();
  // Also without one: Gradio shows an empty number as 0 until it is told that it is empty.
  const [model, params] = table.models[draft?.model] ? [draft.model, draft.params ?? {}] : [table.first, {}];
  setTimeout(() => fillIn(model, params), 0);
}

(function wait() {
  if (isDrawn()) start();
  else requestAnimationFrame(wait);
})();
