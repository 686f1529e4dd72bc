// What the page adds to Gradio's widgets: the line under a field, a file's preview, the dice.

import { attr, el, text } from "./dom.js";
import { isBlank } from "./rules.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

export const controlIn = (block) =>
  block?.querySelector("textarea, input[type=number], input[type=radio]:checked, input[type=radio], input, button");

// `seed` is that of the take on the stage, where its model has this field too.
export function dressField(field, block, value, put, seed) {
  if (field.rule.kind === "file") showFile(block, field.media, field.rule.several ? null : value);
  if (field.look === "seed") dressSeed(field, block, value, put, seed);
  attr(block, "title", field.advanced ? null : field.help);
}

// One line under a field: why it is refused, or why it was moved, or how long the clip gets.
export function say(field, block, { problem, note, length }) {
  const line = block.querySelector(":scope > .said") ?? block.appendChild(el("p", { class: "said" }));
  line.id = `${field.slot}-said`;
  const control = controlIn(block);
  // A file's widget shows other controls once it holds one: no mark may stay on the former.
  for (const marked of block.querySelectorAll("[aria-invalid]")) if (marked !== control) marked.removeAttribute("aria-invalid");
  if (control) {
    attr(control, "aria-invalid", problem ? "true" : null);
    attr(control, "aria-describedby", line.id);
  }
  for (const node of [block, line]) attr(node, "data-bad", problem ? "" : null);
  if (problem) return text(line, problem);
  if (!note && !length) return text(line, field.advanced && field.rule.kind !== "text" ? field.help : "");
  const [before, after] = note ? note.split(/: (?=[^:]*$)/) : ["", length];
  const words = before ? `${before}: ` : "";
  if (line.textContent === words + after && line.querySelector("b")) return;
  line.replaceChildren(words, el("b", { text: after }));
}

// The file as it will be sent; one that this browser cannot show keeps its name only.
function showFile(block, media, file) {
  const shown = block.querySelector(":scope > [data-path]");
  if (shown?.dataset.path === (file?.path ?? "")) return;
  shown?.remove();
  attr(block, "data-shows", null);
  if (!file?.path) return;
  if (media !== "video" && media !== "image") return;
  const node = media === "video" ? el("video", { playsinline: true, loop: true, autoplay: !still.matches }) : el("img", { alt: "" });
  node.className = "preview";
  node.muted = true;
  node.dataset.path = file.path;
  attr(block, "data-shows", "");
  node.addEventListener("error", () => hide(block, node), { once: true });
  node.src = file.url;
  block.append(node);
}

function hide(block, node) {
  node.classList.replace("preview", "unseen");
  attr(block, "data-shows", null);
}

// Left empty, the server draws a seed and tells it with the take; these two choose one beforehand.
function dressSeed(field, block, value, put, seed) {
  const ways = block.querySelector(":scope > .seeds") ?? block.appendChild(seedWays());
  const [keep, dice] = ways.children;
  const known = Number.isSafeInteger(seed);
  attr(keep, "hidden", known && Number(value || NaN) !== seed ? null : "");
  attr(keep, "title", known ? `Keep this seed: ${seed}, of the take on the stage` : null);
  attr(keep, "aria-label", known ? `Keep this seed: ${seed}` : null);
  keep.onclick = () => put(seed);
  dice.onclick = () => put(drawn(field.rule.drawn));
}

function seedWays() {
  const keep = el("button", { type: "button", text: "keep" });
  const dice = el("button", { type: "button", class: "dice", text: "dice", title: "Throw a new seed" });
  return el("div", { class: "seeds" }, keep, dice);
}

// One of first, first + step … last, each as likely; 53 bits, as whole numbers have here.
function drawn({ first, last, step }) {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  const share = ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
  return first + step * Math.floor(share * (Math.floor((last - first) / step) + 1));
}

// A number beyond its limits is told at once, but not to somebody who is still typing it.
export function wrongNow(field, block, value, found) {
  if (field.rule.kind !== "number" || isBlank(value)) return "";
  const typing = block.contains(document.activeElement) && document.activeElement.type === "number";
  return typing && canGoOn(field.rule, value) ? "" : found.problem;
}

// Whether more digits could still make `value` a legal one, so that it must not be moved yet.
export function canGoOn(rule, value) {
  if (!rule.grid || String(value).includes(".")) return false;
  const digits = String(value);
  return Object.keys(rule.grid.points).some(
    (point) => point.length > digits.length && point.startsWith(digits),
  );
}

// A widget stands where its model has the parameter, whatever its place in the document.
export function place(block, field, order) {
  const wanted = String(field.advanced ? order + 500 : order);
  if (block.style.order !== wanted) block.style.order = wanted;
  attr(block, "data-advanced", field.advanced ? "" : null);
  attr(block, "data-look", field.look);
  block.classList.toggle("wide", field.wide);
  block.classList.toggle("half", !field.wide);
}

// The box that takes an https address in place of a file, or several, one a line.
export function showAddress(field, block, { id, value, told }) {
  let box = block.querySelector(":scope > .address");
  if (!box) {
    box = field.rule.several ? el("textarea", { rows: 2 }) : el("input", { type: "text", inputmode: "url" });
    box.className = "address";
    box.addEventListener("input", () => told(box.value));
    block.append(box);
  }
  attr(box, "id", id);
  attr(box, "placeholder", field.rule.several ? "or https addresses, one a line" : "or an https address");
  attr(box, "aria-label", `Address of ${field.props.label}`);
  attr(box, "spellcheck", "false");
  if (box.value !== (value ?? "")) box.value = value ?? "";
}

export function openMore(open = true) {
  const more = document.getElementById("more");
  attr(more, "aria-expanded", open ? "true" : "false");
  attr(document.getElementById("fields"), "data-open", open ? "" : null);
}

export function turnMore() {
  const open = document.getElementById("more").getAttribute("aria-expanded") !== "true";
  openMore(open);
  if (open) document.getElementById("more-box").scrollIntoView({ block: "start", behavior: "smooth" });
}
