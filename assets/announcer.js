// Says what became of takes: to a screen reader, and in the title of the tab.

import { text } from "./dom.js";
import { isOver, prompt } from "./words.js";

const SAID = { queued: "Ordered", submitting: "Ordered", running: "Being made", saving: "Being saved", completed: "Ready", failed: "Failed", cancelled: "Cancelled", unconfirmed: "Not confirmed" };

export class Announcer {
  // `engaged()` tells whether the person has begun to do something here.
  constructor(feed, engaged) {
    this.feed = feed;
    this.engaged = engaged;
    this.states = new Map();
    this.ready = 0;
  }

  announce() {
    const first = this.states.size === 0 && !this.engaged();
    for (const job of this.feed.list()) {
      const before = this.states.get(job.id);
      this.states.set(job.id, job.state);
      if (before === job.state || first || (before === undefined && isOver(job))) continue;
      text(document.getElementById("announcer"), `${SAID[job.state]}: ${prompt(job).slice(0, 80)}`);
      if (isOver(job) && document.hidden) this.ready += 1;
    }
    this.title();
  }

  title() {
    const running = this.feed.running().length;
    if (!document.hidden) this.ready = 0;
    const takes = this.ready === 1 ? "take" : `${this.ready} takes`;
    const marks = [this.ready ? `✓ ${takes} ready` : "", running ? `● ${running} running` : ""];
    const words = [...marks.filter(Boolean), "Dailies"].join(" · ");
    if (document.title !== words) document.title = words;
  }
}
