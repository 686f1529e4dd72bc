// Joins the parts of the page: the form, the feed, the stage, the strip, the panels and the theme.

import { Announcer } from "./announcer.js";
import { Catalog } from "./catalog.js";
import { showCode } from "./code.js";
import { attr, el, text } from "./dom.js";
import { settleIn, widgetsDrawn } from "./drawn.js";
import { Feed } from "./feed.js";
import { Form } from "./form.js";
import { drawHeader } from "./header.js";
import { useKeys } from "./keyboard.js";
import { useKeyRows } from "./keys.js";
import { initPanels, openPanel } from "./panels.js";
import { Picker } from "./picker.js";
import { Reader } from "./reader.js";
import { ask, at } from "./request.js";
import { withFiles } from "./sources.js";
import { Stage } from "./stage.js";
import { Takes } from "./takes.js";
import { isOver } from "./words.js";

const ORDER_LIMIT = 60_000;
// Milliseconds in which the form is surely painted.
const PAINTING = 50;
const painted = () => new Promise((done) => setTimeout(done, PAINTING));
const table = JSON.parse(document.getElementById("dailies-table").textContent);
const feed = new Feed();
const providerOf = (name) => feed.providers.find((provider) => provider.name === name);
const form = new Form(table, (name) => providerOf(name)?.live ?? table.live[name] ?? false);
const catalog = new Catalog(table);
const picker = new Picker(catalog, form, (model) => pickModel(model));
form.labels = (name) => providerOf(name)?.label ?? table.labels[name] ?? name;

let stage = null;
let takes = null;
let ordering = false;
let choosing = false;
let confirming = false;

const press = (id) => document.getElementById(id).click();
// Gradio calls `hold` when the wire seems to be entered, and `fillIn` when it seems to be left.
const wire = (event) => document.querySelector("#wire :is(textarea, input)").dispatchEvent(new Event(event));
const reader = new Reader(form, () => wire("focus"));
form.putting = () => wire("blur");

// ---- what Gradio's events call (see ui/page.py) ----

window.dailies = {
  filling: null,
  switchTo(model, ...held) {
    catalog.use(model);
    return form.switchTo(model, held);
  },
  hold(_model, ...held) {
    form.hold(held);
    reader.heard();
  },
  fillIn(_model, ...held) {
    const { filling } = window.dailies;
    window.dailies.filling = null;
    if (!filling) return [{ __type__: "update" }, ...form.puts()];
    const { model, params, keep } = filling;
    if (!keep) return [modelUpdate(model), ...form.fill(model, params)];
    if (model !== form.model) form.remember(held);
    form.model = model;
    return [modelUpdate(model), ...form.refit()];
  },
};

async function generate() {
  await reader.now();
  if (ordering) return;
  const confirmed = confirming;
  confirming = false;
  if (!form.approve()) return;
  ordering = true;
  trouble("");
  busy(true);
  const answer = await order(confirmed);
  await complete;
  ordering = false;
  busy(false);
  answered(answer);
}

// An answer that never comes must not lock the button for good; the same key still buys only once.
async function order(confirmed) {
  try {
    return await ask("/dailies/orders", { ...form.order(), key: randomId(), confirmed }, ORDER_LIMIT);
  } catch (error) {
    return { problems: error.problems, error: error.told ? error.message : "No answer came. Look at the strip before you order again." };
  }
}

function answered(answer) {
  if (answer.problems && form.refuse(answer.problems)) return;
  if (answer.confirm) return askToConfirm(answer.confirm);
  if (answer.error) return trouble(answer.error);
  choosing = true;
  feed.take(answer.job);
  choose(answer.job.id);
  feed.refresh().then(() => feed.ticker?.postMessage(50));
}

async function openCode() {
  await reader.now();
  try {
    showCode((await ask("/dailies/code", form.order())).programs);
    openPanel("code");
  } catch (error) {
    trouble(error.message);
  }
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
      if (said.gif) stage.made.set(job.id, { ...said.gif, url: at(said.gif.url) });
      feed.take(said.job);
    } catch (error) {
      stage.tell(error.message);
    }
    await feed.refresh();
  },
  // With `anew`, all but the seed: the next take is another one of the same settings.
  async reuse(job, { anew = false } = {}) {
    await catalog.ready;
    const params = form.models[job.model] ? await withFiles(job, form.face(job.model).fields) : job.params;
    await fillIn(job.model, anew ? withoutSeeds(job.model, params) : params);
    document.getElementById("form")?.scrollIntoView({ block: "nearest" });
  },
};

function withoutSeeds(model, params) {
  const seeds = new Set(form.models[model] ? form.face(model).fields.filter((field) => field.look === "seed").map((field) => field.name) : []);
  return Object.fromEntries(Object.entries(params).filter(([name]) => !seeds.has(name)));
}

async function fillIn(model, params) {
  await Promise.all([catalog.ready, drawn]);
  if (!form.models[model]) return stage.tell("This model is no longer offered, so its settings cannot be used.");
  trouble("");
  catalog.use(model);
  window.dailies.filling = { model, params };
  wire("blur");
}

// Another model, with what fits of what was typed.
async function pickModel(model) {
  await drawn;
  trouble("");
  catalog.use(model);
  window.dailies.filling = { model, keep: true };
  wire("blur");
}

const modelUpdate = (model) => ({ __type__: "update", choices: catalog.choices(), value: model });

// ---- the selection, the title, the announcer ----

function choose(id) {
  choosing = true;
  stage.show(id);
  takes.mark(id);
  form.dress();
}

function firstChoice() {
  if (choosing || !feed.jobs.size) return;
  const jobs = feed.list();
  choose((jobs.find((job) => !isOver(job)) ?? jobs[0]).id);
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

// The vendors' models come after the page, and again when there are others.
async function followCatalog() {
  if (!(await catalog.follow(feed.catalog))) return;
  const anew = form.adopt(catalog.models);
  picker.draw();
  if (anew) fillIn(form.model, form.params());
  else pickModel(form.model);
}

// ---- the start ----

const draft = Form.draft();
const drawn = widgetsDrawn(form);

// The panels need nothing of Gradio's.
function prepare() {
  initPanels();
  useKeyRows(() => feed.refresh());
  document.getElementById("open-keys").addEventListener("click", () => openPanel("keys"));
}

// The form comes first: it is what is waited for.
function begin() {
  settleIn();
  for (const [id, deed] of [["generate", generate], ["open-code", openCode]]) {
    const button = document.getElementById(id);
    button.addEventListener("click", deed);
    button.disabled = false;
  }
  useKeys(form, { press, trouble, confirm: () => (confirming = true) });
  form.dress();
  form.price();
  restore();
  watchWidgets();
}

// The stage and the takes follow as soon as the form is painted.
function follow() {
  stage = new Stage(document.getElementById("stage"), feed, deeds);
  takes = new Takes(document.getElementById("takes"), feed, choose);
  takes.progress = (job) => stage.progress(job);
  form.told = () => stage.job ?? stage.draw();
  form.seedOf = (field) => stage.job?.params?.[field.name];
  const announcer = new Announcer(feed, () => ordering || choosing);
  feed.watch(firstChoice);
  feed.watch(() => announcer.announce());
  feed.watch(() => drawHeader(feed));
  feed.watch(followProviders);
  feed.watch(followCatalog);
  picker.start(feed);
  stage.draw();
  takes.draw();
  drawHeader(feed);
  feed.start();
  setInterval(() => {
    stage.tick();
    takes.tick();
  }, 250);
  document.addEventListener("visibilitychange", () => announcer.title());
  setLetters();
}

// Gradio makes a widget anew each time it is shown: what the page adds to it is put back then.
function watchWidgets() {
  const box = document.getElementById("form");
  let due = false;
  const again = () => {
    due = false;
    form.dress();
  };
  reader.start(box);
  new MutationObserver(() => {
    reader.soon();
    if (!due) requestAnimationFrame(again);
    due = true;
  }).observe(box, { childList: true, subtree: true });
}

function restore() {
  // Also without one: Gradio shows an empty number as 0 until it is told that it is empty.
  if (table.models[draft?.model] || !draft) return setTimeout(() => fillIn(draft?.model ?? table.first, draft?.params ?? {}), 0);
  // A draft of a model that is not built in waits for the catalog.
  catalog.first.then(() => {
    const known = form.models[draft.model];
    fillIn(known ? draft.model : table.first, known ? (draft.params ?? {}) : {});
  });
}

// Each face that comes makes every word be set once more, so they come when the page can be used.
function setLetters() {
  const href = new URL("./fonts.css", import.meta.url).href;
  document.head.append(el("link", { rel: "stylesheet", href }));
}

prepare();
const complete = drawn.then(begin).then(painted).then(follow);
