// A take of several clips: a button for each beside the tabs, and one for those that did not come.

import { arrange, attr, el, text } from "./dom.js";
import { segments } from "./under.js";

export class ClipNumbers {
  constructor(stage) {
    this.stage = stage;
    this.node = el("div", { class: "clip-numbers", hidden: true });
    this.others = el("button", { type: "button", class: "ghost", onclick: () => stage.deeds.act(stage.job, "look-again") });
    this.drawn = "";
  }

  draw(job) {
    const clips = job?.clips ?? [];
    const missing = job?.state === "completed" ? job.clips_missing : 0;
    attr(this.node, "hidden", clips.length > 1 || missing ? null : "");
    text(this.others, `Fetch ${missing} more`);
    const key = `${job?.id} ${clips.length}`;
    if (key !== this.drawn) {
      this.drawn = key;
      this.numbers = this.makeNumbers(clips);
    }
    arrange(this.node, [...(clips.length > 1 ? [this.numbers] : []), ...(missing ? [this.others] : [])]);
  }

  makeNumbers(clips) {
    const { node, value } = segments("Clip", [...clips.keys()], this.stage.chosen, (place) => `${place + 1}`);
    node.addEventListener("change", () => this.stage.choose(value()));
    return node;
  }
}
