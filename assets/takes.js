// The strip: a tile for each take, newest first; running ones with a line, failures with a reason.

import { arrange, attr, el, text } from "./dom.js";
import { Search } from "./search.js";
import { badge, isOver, prompt, reason } from "./words.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Takes {
  constructor(root, feed, choose) {
    this.feed = feed;
    this.choose = choose;
    this.tiles = new Map();
    this.box = root.querySelector("#takes-search");
    this.search = new Search(feed, () => this.draw());
    this.list = root.querySelector("#takes-list");
    this.count = root.querySelector("#takes-count");
    this.more = el("button", { type: "button", class: "ghost older", text: "Older takes" });
    this.more.addEventListener("click", () => this.older());
    this.box.addEventListener("input", () => this.search.type(this.box.value.trim()));
    this.list.addEventListener("keydown", (event) => this.walk(event));
    feed.watch(() => this.draw());
    still.addEventListener("change", () => this.draw());
  }

  draw() {
    const found = this.search.list();
    const jobs = found ?? this.feed.list();
    const nodes = jobs.map((job) => this.tile(job));
    if ((found ? this.search : this.feed).more && jobs.length) nodes.push(this.moreItem());
    if (!nodes.length) nodes.push(this.nothing(found));
    arrange(this.list, nodes);
    attr(this.list, "aria-busy", this.search.waiting ? "true" : null);
    text(this.count, this.search.trouble || this.summary(jobs, found));
  }

  summary(jobs, found) {
    if (this.search.waiting) return "searching …";
    if (found) return `${jobs.length}${this.search.more ? "+" : ""} found`;
    const running = jobs.filter((job) => !isOver(job)).length;
    const takes = jobs.length === 1 ? "1 take" : `${jobs.length} takes`;
    return running ? `${takes}, ${running} running` : jobs.length ? takes : "";
  }

  nothing(found) {
    this.none ??= el("li", { class: "none" });
    text(this.none, found ? "No take has these words." : "Every take you make is kept here.");
    return this.none;
  }

  moreItem() {
    this.moreTile ??= el("li", {}, this.more);
    return this.moreTile;
  }

  tile(job) {
    const tile = this.tiles.get(job.id) ?? this.make(job);
    const { button, picture, mark, words, model, line, kind } = tile;
    const motion = !still.matches || tile.lively;
    const wanted = (motion && job.files?.preview) || job.files?.poster || job.files?.preview || "";
    if (wanted && picture.getAttribute("src") !== wanted) picture.src = wanted;
    attr(picture, "hidden", wanted ? null : "");
    text(mark, badge(job));
    text(words, prompt(job));
    text(model, job.name);
    text(kind, job.live ? "" : "sandbox");
    attr(button, "data-state", job.state);
    attr(button, "aria-current", this.chosen === job.id ? "true" : null);
    attr(button, "aria-label", label(job));
    attr(line, "hidden", isOver(job) ? "" : null);
    line.style.transform = `scaleX(${this.progress?.(job) ?? 0})`;
    return tile.item;
  }

  make(job) {
    const picture = el("img", { alt: "", loading: "lazy", decoding: "async", width: 150, height: 87 });
    const mark = el("span", { class: "badge" });
    const line = el("span", { class: "line" });
    const words = el("span", { class: "words" });
    const model = el("span");
    const kind = el("span", { class: "kind" });
    const frame = el("span", { class: "frame" }, picture, mark, line);
    const small = el("span", { class: "small" }, model, kind);
    const button = el("button", { type: "button", class: "take" }, frame, words, small);
    const tile = { item: el("li", {}, button), button, picture, mark, words, model, line, kind };
    button.addEventListener("click", () => this.choose(job.id));
    for (const [event, lively] of [["mouseenter", true], ["focus", true], ["mouseleave", false], ["blur", false]]) {
      button.addEventListener(event, () => this.enliven(job.id, lively));
    }
    this.tiles.set(job.id, tile);
    return tile;
  }

  enliven(id, lively) {
    const job = this.feed.get(id);
    if (!job || !still.matches) return;
    this.tiles.get(id).lively = lively;
    this.tile(job);
  }

  mark(id) {
    this.chosen = id;
    this.draw();
  }

  tick() {
    for (const job of this.feed.running()) {
      const tile = this.tiles.get(job.id);
      if (tile) tile.line.style.transform = `scaleX(${this.progress?.(job) ?? 0})`;
    }
  }

  async older() {
    this.more.disabled = true;
    try {
      await (this.search.list() ? this.search : this.feed).older();
    } finally {
      this.more.disabled = false;
    }
  }

  walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...this.list.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function label(job) {
  const what = reason(job) || badge(job);
  return `${prompt(job)}. ${job.name}${job.live ? "" : ", sandbox"}. ${what}.`;
}
