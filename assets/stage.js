// The stage: one job at a time, its picture, its progress and its tabs.

import { arrange, attr, el, text } from "./dom.js";
import { ClipNumbers } from "./clips.js";
import { drawUnder } from "./under.js";
import { Player, empty, failure, gifView, running, settings } from "./screen.js";
import { STEPS, about, charged, clock, isOver, step } from "./words.js";

const TABS = [["clip", "Clip"], ["gif", "GIF"], ["settings", "Settings"]];

export class Stage {
  // `deeds`: what its buttons do (see page.js).
  constructor(root, feed, deeds) {
    this.feed = feed;
    this.deeds = deeds;
    this.tab = "clip";
    this.id = null;
    // Which clip of a take of several is on the screen, counted from 0.
    this.chosen = 0;
    this.views = new Map();
    // GIFs made to order in this visit, by the job: they stand in for the usual one.
    this.made = new Map();
    this.screen = root.querySelector("#screen");
    this.under = root.querySelector("#under");
    this.clock = root.querySelector("#clock");
    this.player = new Player();
    this.steps = STEPS.map((name) => el("li", { text: name }));
    root.querySelector("#steps").append(...this.steps);
    this.tabs = TABS.map(([name, label]) => this.makeTab(name, label));
    root.querySelector("#tabs").append(...this.tabs);
    this.numbers = new ClipNumbers(this);
    root.querySelector("#tabs").before(this.numbers.node);
    this.mark = el("span", { class: "mark", text: "sandbox" });
    this.told = el("p", { class: "told", role: "alert", hidden: true });
    this.copied = el("p", { class: "copied", role: "note", hidden: true });
    this.player.node.addEventListener("error", () => this.drawCopied(this.job));
    feed.watch(() => this.draw());
  }

  get job() {
    return this.feed.get(this.id) ?? null;
  }

  // The files of the chosen clip.
  clipOf(job) {
    return job?.clips?.[this.chosen] ?? job?.files ?? {};
  }

  choose(place) {
    this.chosen = place;
    this.open("clip");
  }

  gifOf(job) {
    const made = this.made.get(job?.id);
    if (made) return made;
    return job?.files?.gif ? { ...job.gif, url: job.files.gif } : null;
  }

  show(id) {
    if (this.id !== id) {
      this.tab = "clip";
      this.chosen = 0;
    }
    this.id = id;
    this.tell("");
    this.draw();
  }

  tell(words) {
    text(this.told, words);
    attr(this.told, "hidden", words ? null : "");
  }

  open(tab) {
    this.tab = tab;
    this.draw();
  }

  makeTab(name, label) {
    const tab = el("button", { type: "button", role: "tab", id: `tab-${name}`, text: label });
    attr(tab, "aria-controls", "screen");
    tab.addEventListener("click", () => this.open(name));
    tab.addEventListener("keydown", (event) => this.walk(event));
    return tab;
  }

  walk(event) {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const place = (TABS.findIndex(([name]) => name === this.tab) + move + TABS.length) % TABS.length;
    this.open(TABS[place][0]);
    this.tabs[place].focus();
  }

  draw() {
    const { job } = this;
    attr(this.screen, "data-state", job?.state ?? "empty");
    attr(this.screen, "data-tab", this.tab);
    this.drawTabs(job);
    this.numbers.draw(job);
    this.drawScreen(job);
    this.drawSteps(job);
    drawUnder(this.under, this, job);
    this.tick();
  }

  drawTabs(job) {
    this.tabs.forEach((tab, place) => {
      const on = TABS[place][0] === this.tab;
      attr(tab, "aria-selected", on ? "true" : "false");
      attr(tab, "tabindex", on ? "0" : "-1");
      tab.disabled = !job && !on;
    });
  }

  drawScreen(job) {
    const view = this.view(job);
    const playing = job?.files?.video && this.tab === "clip";
    this.player.load(job, this.clipOf(job));
    attr(this.player.node, "hidden", playing ? null : "");
    if (this.player.node.hidden) this.player.node.pause?.();
    attr(this.mark, "hidden", playing && !job.live ? null : "");
    this.drawCopied(playing ? job : null);
    arrange(this.screen, [...(job?.files?.video ? [this.player.node] : []), ...(view ? [view] : []), this.mark, this.copied, this.told]);
  }

  // Says it where another file than the provider's own is played, or none can be.
  drawCopied(job) {
    const words = job ? this.player.excuse(job) : "";
    text(this.copied, words);
    attr(this.copied, "hidden", words ? null : "");
  }

  view(job) {
    if (!job) return empty(this.deeds);
    if (this.tab === "settings") return this.kept(`settings ${job.id}`, job, settings);
    if (this.tab === "gif") return this.kept(`gif ${job.id}`, job, gifView);
    if (job.files?.video) return null;
    if (isOver(job)) return this.kept(`failure ${job.id} ${job.state}`, job, failure);
    return this.kept(`running ${job.id}`, job, running);
  }

  // A view is made once and then only brought up to date, so that nothing in it starts anew.
  kept(key, job, make) {
    if (!this.views.has(key)) {
      this.views.clear();
      this.views.set(key, make(this, job));
    }
    const { node, update } = this.views.get(key);
    update?.(job);
    return node;
  }

  drawSteps(job) {
    const now = job ? step(job) : -1;
    const broken = job && isOver(job) && job.state !== "completed";
    this.steps.forEach((node, place) => {
      const here = job?.state === "completed" ? "done" : place < now ? "done" : place === now ? "now" : "";
      attr(node, "data-at", broken && place === now ? "broken" : here || null);
      attr(node, "aria-current", place === now ? "step" : null);
    });
  }

  progress(job) {
    if (typeof job.progress === "number") return job.progress;
    const expected = job.expected || 60;
    return Math.min(0.97, 1 - Math.exp((-1.6 * this.elapsed(job)) / expected));
  }

  elapsed(job) {
    const end = job.completed_at ? Date.parse(job.completed_at) : this.feed.now();
    return Math.max(0, (end - Date.parse(job.created_at)) / 1000);
  }

  // Called four times a second: figures that count do so here and not on the server.
  tick() {
    const { job } = this;
    text(this.clock, job ? this.line(job) : "");
    if (job && !isOver(job)) this.screen.style.setProperty("--progress", this.progress(job));
  }

  line(job) {
    if (job.state === "completed") return clock(this.elapsed(job));
    if (job.state === "failed") return `failed after ${clock(this.elapsed(job))}. ${charged(job.error)}`;
    if (isOver(job)) return job.state;
    const parts = [clock(this.elapsed(job)), this.left(job)];
    if (job.provider_status) parts.push(`"${job.provider_status}"`);
    return parts.filter(Boolean).join(" · ");
  }

  left(job) {
    if (!this.feed.online) return "no connection, looking again";
    if (job.state === "saving" || !job.expected) return "";
    const rest = job.expected - this.elapsed(job);
    return rest >= 1 ? `${about(rest)} left` : "longer than usual";
  }
}
