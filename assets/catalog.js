// All models: the built-in ones at once, the vendors' as soon as the server has given them.

import { ask } from "./request.js";

const RECENT = "dailies:recent";
const FAVOURITES = "dailies:favourites";
const MOST_RECENT = 8;

export class Catalog {
  constructor(table) {
    this.models = table.models;
    this.version = table.version;
    this.first = new Promise((done) => (this.came = done));
    this.ready = Promise.resolve();
    this.recent = kept(RECENT);
    this.favourites = new Set(kept(FAVOURITES));
  }

  // Fetches what the feed told of, if it is another version; true when there are other models now.
  follow(told) {
    if (!told?.version || told.version === this.version) return false;
    this.version = told.version;
    this.ready = this.fetch(told.version);
    return this.ready;
  }

  async fetch(version) {
    try {
      this.models = (await ask(`/dailies/models/${version}`)).models;
      this.came();
      return true;
    } catch {
      // The next answer of the feed asks again.
      this.version = "";
      return false;
    }
  }

  list() {
    return Object.entries(this.models).map(([key, faces]) => {
      const face = faces.live ?? faces.both;
      return { key, id: key.slice(key.indexOf(":") + 1), ...face };
    });
  }

  // What Gradio's own list shows: [words, key], each of the words once.
  choices() {
    const seen = new Map();
    const named = this.list().map((model) => [fullName(model), model]);
    for (const [words] of named) seen.set(words, (seen.get(words) ?? 0) + 1);
    return named.map(([words, model]) => [seen.get(words) > 1 ? `${words} · ${model.key}` : words, model.key]);
  }

  use(key) {
    this.recent = [key, ...this.recent.filter((other) => other !== key)].slice(0, MOST_RECENT);
    keep(RECENT, this.recent);
  }

  turnFavourite(key) {
    if (!this.favourites.delete(key)) this.favourites.add(key);
    keep(FAVOURITES, [...this.favourites]);
  }
}

// Many a vendor's name for a model tells the task already.
export const taskBeside = (model) =>
  model.name.toLowerCase().includes(model.task.toLowerCase()) ? "" : model.task;

const fullName = (model) => [model.name, taskBeside(model)].filter(Boolean).join(" · ");

function kept(name) {
  try {
    const found = JSON.parse(localStorage.getItem(name) ?? "[]");
    return Array.isArray(found) ? found.filter((key) => typeof key === "string") : [];
  } catch {
    return [];
  }
}

function keep(name, keys) {
  try {
    localStorage.setItem(name, JSON.stringify(keys));
  } catch {
    // A browser without storage forgets them, and nothing else.
  }
}
