// Searches all of the caller's takes at the server, however old; the strip shows what it finds.

import { ask, placed } from "./request.js";

// Milliseconds without a key after which the words are taken for typed.
const REST = 250;

export class Search {
  // `told` is called whenever there is something else to show.
  constructor(feed, told) {
    this.feed = feed;
    this.told = told;
    this.words = "";
    this.clear();
    feed.watch(() => this.follow());
  }

  clear() {
    clearTimeout(this.timer);
    this.found = null;
    this.more = false;
    this.waiting = false;
    this.trouble = "";
    this.answered = "";
    this.revision = -1;
  }

  // What was found stays, until the answer to the new words is there.
  type(words) {
    if (words === this.words) return;
    this.words = words;
    if (!words) this.clear();
    else {
      this.waiting = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.look(), REST);
    }
    this.told();
  }

  // The jobs that were found, newest first; null while all are to be shown.
  list() {
    return this.found?.map((id) => this.feed.get(id)) ?? null;
  }

  async look() {
    this.waiting = true;
    const { words } = this;
    try {
      const said = await this.ask();
      if (words === this.words) this.take(said, this.found && this.answered === words ? this.found : []);
      this.answered = words;
    } catch (error) {
      if (words === this.words) this.trouble = error.told ? error.message : "No answer came. Try again.";
    }
    if (words !== this.words) return;
    this.waiting = false;
    this.told();
  }

  async older() {
    const { words } = this;
    const said = await this.ask(this.list().at(-1)?.created_at);
    if (words !== this.words) return;
    for (const job of said.jobs) this.keep(job);
    this.found = [...new Set([...this.found, ...said.jobs.map(({ id }) => id)])];
    this.more = said.more;
    this.told();
  }

  // A take that is ordered or changed while the words stand there may have them too.
  follow() {
    if (this.found && !this.waiting && this.revision !== this.feed.revision) {
      this.revision = this.feed.revision;
      this.look();
    }
  }

  ask(before) {
    const from = before ? `&before=${encodeURIComponent(before)}` : "";
    return ask(`/dailies/feed?search=${encodeURIComponent(this.words)}${from}`);
  }

  // `known` are those that had been found for the same words: the later pages of them stay.
  take(said, known) {
    for (const job of said.jobs) this.keep(job);
    const ids = said.jobs.map(({ id }) => id);
    const last = said.jobs.at(-1)?.created_at ?? "";
    const later = said.more ? known.filter((id) => this.feed.get(id).created_at < last) : [];
    this.found = [...ids, ...later];
    if (!later.length) this.more = said.more;
    this.revision = said.revision;
    this.trouble = "";
  }

  keep(job) {
    if (!this.feed.jobs.has(job.id)) this.feed.aside.set(job.id, placed(job));
  }
}
