// Keeps the newest state of the caller's jobs; the only asker of the server after the page is up.

import { ask, placed } from "./request.js";
import { isOver } from "./words.js";

const BUSY = 1000;
const SOON = 150;
const HOLD = 10;
const IDLE = 5000;
const VISIT = "dailies:visit";
const LOADED = new Date().toISOString();

export class Feed {
  constructor() {
    this.jobs = new Map();
    // Older ones that a search found: between them and the others are takes that are not here.
    this.aside = new Map();
    this.providers = [];
    this.catalog = null;
    this.spent = { visit: 0, day: 0 };
    this.revision = -1;
    this.skew = 0;
    this.online = true;
    this.more = false;
    this.watchers = [];
    this.waiting = null;
  }

  watch(watcher) {
    this.watchers.push(watcher);
  }

  get(id) {
    return this.jobs.get(id) ?? this.aside.get(id);
  }

  list() {
    return [...this.jobs.values()].sort(
      (a, b) => b.created_at.localeCompare(a.created_at) || b.id.localeCompare(a.id),
    );
  }

  running() {
    return this.list().filter((job) => !isOver(job));
  }

  // Server time in milliseconds: the clocks of the two machines need not agree.
  now() {
    return Date.now() + this.skew;
  }

  start() {
    this.ticker = new Worker(new URL("./ticker.js", import.meta.url));
    this.ticker.onmessage = () => this.poll();
    this.poll();
  }

  take(job) {
    (this.aside.has(job.id) ? this.aside : this.jobs).set(job.id, placed(job));
    this.tell();
  }

  async poll() {
    if (this.asking) return;
    this.asking = true;
    let wait = IDLE;
    // While something runs and somebody looks, the server answers when there is news, not before.
    // A hidden page asks now and then: a browser has only six connections for all of its tabs.
    const holds = this.running().length > 0 && !document.hidden && this.online;
    try {
      this.read(await ask(`/dailies/feed?since=${this.revision}${moments()}${holds ? `&hold=${HOLD}` : ""}`));
      const busy = document.hidden ? BUSY : SOON;
      wait = this.running().length ? busy : IDLE;
    } catch {
      this.lost();
      wait = BUSY * 2;
    }
    this.asking = false;
    this.ticker.postMessage(wait);
  }

  // One more answer now, beside the rhythm: after an order, a key, a cancel.
  async refresh() {
    try {
      this.read(await ask(`/dailies/feed?since=-1${moments()}`));
    } catch {
      this.lost();
    }
  }

  async older() {
    const last = this.list().at(-1);
    const said = await ask(`/dailies/feed?before=${encodeURIComponent(last?.created_at ?? "")}`);
    for (const job of said.jobs) this.jobs.set(job.id, placed(job));
    this.more = said.more;
    this.tell();
  }

  read(said) {
    const news = [said.providers, said.catalog];
    const changed = JSON.stringify(news) !== JSON.stringify([this.providers, this.catalog]);
    const first = this.revision === -1;
    this.skew = Date.parse(said.now) - Date.now();
    this.providers = said.providers;
    this.catalog = said.catalog;
    const back = !this.online;
    this.online = true;
    if (said.jobs) {
      for (const job of said.jobs) this.jobs.set(job.id, placed(job));
      if (first) this.more = said.more;
      this.revision = said.revision;
      this.spent = said.spent ?? this.spent;
    }
    if (said.jobs || changed || back) this.tell();
  }

  lost() {
    if (!this.online) return;
    this.online = false;
    this.tell();
  }

  tell() {
    for (const watcher of this.watchers) watcher(this);
  }
}

// When this visit and this day began here, for the sums of what was spent.
function moments() {
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  return `&visit=${encodeURIComponent(visitBegan())}&day=${encodeURIComponent(midnight.toISOString())}`;
}

function visitBegan() {
  const now = new Date().toISOString();
  try {
    if (!sessionStorage.getItem(VISIT)) sessionStorage.setItem(VISIT, now);
    return sessionStorage.getItem(VISIT);
  } catch {
    return LOADED;
  }
}
