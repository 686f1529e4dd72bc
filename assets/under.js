// What lies under the screen: facts and downloads, the GIF maker, or the ways to use settings.

import { arrange, attr, el, text } from "./dom.js";
import { copySettings } from "./screen.js";
import { clip, cost, gif, isOver, shortId, timeOfDay, took } from "./words.js";

const WIDTHS = [320, 416, 480, 640];
const RATES = [8, 10, 12];
const kept = new WeakMap();

export function drawUnder(root, stage, job) {
  const key = job ? `${stage.tab} ${job.id}` : "empty";
  let view = kept.get(root);
  if (view?.key !== key) {
    view = { key, ...make(stage, job) };
    kept.set(root, view);
    arrange(root, view.nodes);
  }
  view.update?.(job);
}

function make(stage, job) {
  if (!job) return nothing(stage);
  if (stage.tab === "gif") return gifMaker(stage, job);
  if (stage.tab === "settings") return settingsWays(stage, job);
  return facts(stage, job);
}

function nothing(stage) {
  const promise = el("p", { class: "hint promise" });
  const how = el("p", { class: "hint", text: "Your clip plays here as soon as it is made, with its GIF, its cost and its settings. Every take stays in the strip below." });
  return { nodes: [promise, how], update: () => text(promise, stage.deeds.promise()) };
}

function facts(stage, job) {
  const thumb = el("button", { type: "button", class: "thumb", "aria-label": "Show the GIF", onclick: () => stage.open("gif") });
  const picture = el("img", { alt: "" });
  thumb.append(picture);
  const names = ["Take", "Cost", "Clip", "Seed", "GIF", "Took"];
  const values = names.map(() => el("dd", { class: "mono" }));
  const list = el("dl", { class: "facts-grid" }, ...names.flatMap((name, place) => [el("dt", { text: name }), values[place]]));
  const acts = el("div", { class: "acts" });
  const links = {
    video: download("Download MP4"),
    gif: download("Download GIF"),
    reuse: el("button", { type: "button", class: "ghost", text: "Reuse settings", onclick: () => stage.deeds.reuse(stage.job) }),
    cancel: cancelButton(stage, job),
  };
  const update = (now) => {
    showThumb(thumb, picture, now);
    factsOf(now).forEach((words, place) => text(values[place], words || "–"));
    arrange(acts, isOver(now) || now.files?.video ? finished(links, now, stage) : [links.cancel, links.reuse]);
  };
  return { nodes: [thumb, list, acts], update };
}

function factsOf(job) {
  return [
    `${shortId(job.id)} · ${timeOfDay(job.created_at)}`,
    cost(job),
    clip(job.size),
    seedOf(job) === null ? "" : String(seedOf(job)),
    gif(job.gif),
    took(job.took),
  ];
}

const seedOf = (job) => job.seed ?? null;

function showThumb(thumb, picture, job) {
  const source = job.files?.gif ?? job.files?.preview ?? job.files?.poster ?? null;
  if (source && picture.getAttribute("src") !== source) picture.src = source;
  attr(picture, "hidden", source ? null : "");
  thumb.disabled = !source;
  attr(thumb, "data-over", isOver(job));
}

function finished(links, job, stage) {
  point(links.video, stage.clipOf(job).video);
  point(links.gif, job.files?.gif);
  return [links.video, links.gif, links.reuse];
}

function download(label) {
  return el("a", { class: "ghost", text: label, download: "" });
}

function point(link, path) {
  attr(link, "href", path ? `${path}?download=1` : null);
  attr(link, "aria-disabled", path ? null : "true");
}

function cancelButton(stage, job) {
  const label = job.can_cancel ? "Cancel" : "Stop watching";
  const why = job.can_cancel
    ? "Stops the work at the provider."
    : "This provider cannot stop a take: it goes on there, and is charged; only this page stops waiting.";
  return el("button", { type: "button", class: "ghost", text: label, title: why, onclick: () => stage.deeds.act(job, "cancel") });
}

function gifMaker(stage, job) {
  const size = segments("GIF width", WIDTHS, 416, (width) => `${width} px`);
  const rate = segments("GIF rate", RATES, 10, (fps) => `${fps} fps`);
  const button = el("button", { type: "button", class: "solid", text: "Make GIF" });
  const link = download("Download GIF");
  const said = el("p", { class: "mono hint", role: "status" });
  const order = async () => {
    button.disabled = true;
    text(said, "Making the GIF …");
    await stage.deeds.act(stage.job, "gif", { width: size.value(), fps: rate.value() });
    button.disabled = false;
    text(said, gif(stage.gifOf(stage.job)));
  };
  button.addEventListener("click", order);
  const update = (now) => {
    point(link, stage.gifOf(now)?.url);
    if (!button.disabled || !now.files?.video) text(said, gif(stage.gifOf(now)) || "Wider and faster means a larger file.");
    if (!now.files?.video) button.disabled = true;
    else if (said.textContent !== "Making the GIF …") button.disabled = false;
  };
  const maker = el("div", { class: "maker" }, size.node, rate.node, said);
  return { nodes: [maker, el("div", { class: "acts" }, button, link)], update };
}

export function segments(name, choices, chosen, label) {
  const inputs = choices.map((choice) => {
    const input = el("input", { type: "radio", name, value: choice });
    input.checked = choice === chosen;
    return input;
  });
  const labels = inputs.map((input, place) => el("label", {}, input, el("span", { text: label(choices[place]) })));
  const node = el("fieldset", { class: "segments" }, el("legend", { text: name }), ...labels);
  return { node, value: () => Number(inputs.find((input) => input.checked).value) };
}

function settingsWays(stage, job) {
  const reuse = el("button", { type: "button", class: "solid", text: "Reuse settings", onclick: () => stage.deeds.reuse(stage.job) });
  const anew = el("button", { type: "button", class: "ghost", text: "With a new seed", onclick: () => stage.deeds.reuse(stage.job, { anew: true }) });
  const hint = el("p", { class: "hint", text: seedOf(job) === null ? "Reuse settings puts the model and all of its values back into the form." : "Reuse settings puts all values back into the form, the seed too: the same clip again. With a new seed, it is another one." });
  return { nodes: [hint, el("div", { class: "acts" }, reuse, seedOf(job) === null ? null : anew, copySettings(job))] };
}
