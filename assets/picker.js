// The panel of all models: search, filters, favourites, the recently used first.

import { taskBeside } from "./catalog.js";
import { arrange, attr, el, text } from "./dom.js";
import { openPanel } from "./panels.js";
import { ask, at } from "./request.js";
import { money } from "./words.js";

const INPUTS = { text: "Text", image: "Image", video: "Video", audio: "Audio" };

// Without case, accents and what vendors put between words: "text-to-video" is "text to video".
const plain = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[\s\-_/·:]+/g, " ").trim();
const hasWords = (words, phrase) => ` ${words} `.includes(` ${phrase}`);

export class Picker {
  // `pick(key)` puts a model into the form.
  constructor(catalog, form, pick) {
    this.catalog = catalog;
    this.form = form;
    this.pick = pick;
    this.chosen = new Set();
    this.rows = new Map();
    this.words = "";
    this.told = "";
  }

  start(feed) {
    this.feed = feed;
    this.list = document.getElementById("models-list");
    const search = document.getElementById("models-search");
    search.addEventListener("input", () => {
      this.words = search.value;
      this.draw();
      this.list.scrollTop = 0;
    });
    document.getElementById("models").addEventListener("keydown", (event) => this.key(event));
    document.getElementById("browse").addEventListener("click", () => this.open());
    document.getElementById("models-refresh").addEventListener("click", () => this.refresh());
    const file = document.getElementById("models-file");
    document.getElementById("models-import").addEventListener("click", () => file.click());
    file.addEventListener("change", () => this.bring(file));
    feed.watch(() => this.status());
  }

  open() {
    openPanel("models");
    this.words = document.getElementById("models-search").value = "";
    this.draw();
    attr(document.getElementById("models-export"), "href", at(`/dailies/catalog/export?model=${encodeURIComponent(this.form.model)}`));
    this.list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  draw() {
    if (!this.list) return;
    this.drawFilters();
    const models = this.sorted(this.catalog.list().filter((model) => this.shows(model)));
    const rows = models.length ? models.map((model) => this.row(model)) : [this.nothing()];
    arrange(this.list, rows);
    this.status(models.length);
  }

  // ---- which, and in what order ----

  shows(model) {
    const { chosen, catalog } = this;
    const inputs = Object.keys(INPUTS).filter((input) => chosen.has(input));
    if (!inputs.every((input) => model.inputs.includes(input))) return false;
    const providers = [...chosen].filter((name) => name.startsWith("from:"));
    if (providers.length && !providers.includes(`from:${model.provider}`)) return false;
    if (chosen.has("favourites") && !catalog.favourites.has(model.key)) return false;
    if (chosen.has("available") && model.withdrawn) return false;
    const said = this.said(model).join(" ");
    return plain(this.words).split(" ").every((word) => said.includes(word));
  }

  // What a model is found by, the most telling first.
  said(model) {
    return [model.name, model.task, model.id, `${model.developer ?? ""} ${this.form.labels(model.provider)}`].map(plain);
  }

  // How well the words fit as a phrase: they are the name, begin it, stand in it, or stand elsewhere.
  fit(model, phrase) {
    if (!phrase) return 0;
    const [name, ...others] = this.said(model);
    if (name === phrase) return 0;
    if (hasWords(name, phrase)) return name.startsWith(phrase) ? 1 : 2;
    const place = others.findIndex((words) => hasWords(words, phrase));
    return place >= 0 ? 3 + place : name.includes(phrase) ? 7 : 8;
  }

  sorted(models) {
    const { recent, favourites } = this.catalog;
    const phrase = plain(this.words);
    const fits = new Map(models.map((model) => [model.key, this.fit(model, phrase)]));
    const rank = ({ key, withdrawn }) => {
      const place = recent.indexOf(key);
      if (place >= 0) return place;
      if (favourites.has(key)) return 100;
      return withdrawn ? 300 : 200;
    };
    return models.sort((a, b) => fits.get(a.key) - fits.get(b.key) || rank(a) - rank(b) || a.name.localeCompare(b.name, undefined, { numeric: true }) || a.key.localeCompare(b.key));
  }

  // ---- what is drawn ----

  drawFilters() {
    const box = document.getElementById("models-filters");
    const names = [...Object.entries(INPUTS), ...this.feed.providers.map(({ name, label }) => [`from:${name}`, label]), ["favourites", "Favourites"], ["available", "Available"]];
    for (const [name, label] of names.slice(box.children.length)) {
      const chip = el("button", { type: "button", class: "chip", "aria-pressed": "false", text: label });
      chip.addEventListener("click", () => {
        if (!this.chosen.delete(name)) this.chosen.add(name);
        attr(chip, "aria-pressed", this.chosen.has(name) ? "true" : "false");
        this.draw();
      });
      box.append(chip);
    }
  }

  row(model) {
    const known = this.rows.get(model.key);
    const row = known?.model === this.catalog.models[model.key] ? known.row : this.newRow(model);
    const star = row.querySelector(".star");
    const loved = this.catalog.favourites.has(model.key);
    attr(star, "aria-pressed", loved ? "true" : "false");
    text(star, loved ? "★" : "☆");
    attr(row, "aria-current", model.key === this.form.model ? "true" : null);
    return row;
  }

  newRow(model) {
    const star = el("button", { type: "button", class: "star", "aria-label": `Favourite: ${model.name}` });
    star.addEventListener("click", () => {
      this.catalog.turnFavourite(model.key);
      this.draw();
    });
    const price = typeof model.price === "number" ? `≈ ${money(Math.round(model.price * 100) / 100)}` : "price unknown";
    const facts = [this.form.labels(model.provider), model.developer, model.id].filter(Boolean).join(" · ");
    const choose = el("button", { type: "button", class: "choose", "data-key": model.key, title: model.about || null },
      el("span", { class: "what" }, el("b", { text: model.name }), el("span", { class: "task", text: taskBeside(model) })),
      el("span", { class: "mono cost", text: price }),
      el("span", { class: "facts mono", text: facts }),
    );
    choose.addEventListener("click", () => this.choose(model.key));
    const row = el("li", {}, star, choose, model.withdrawn ? this.gone(model) : null);
    this.rows.set(model.key, { model: this.catalog.models[model.key], row });
    return row;
  }

  // A withdrawn model names its heir, one click away where it is here.
  gone(model) {
    const { instead, since } = model.withdrawn;
    const note = el("span", { class: "gone", text: since ? `withdrawn ${since}` : "no longer listed" });
    if (!instead) return note;
    const key = `${model.provider}:${instead}`;
    if (!this.catalog.models[key]) {
      note.append(`, use ${instead}`);
      return note;
    }
    const button = el("button", { type: "button", class: "heir", text: `use ${instead}` });
    button.addEventListener("click", () => this.choose(key));
    note.append(" ", button);
    return note;
  }

  nothing() {
    return el("li", { class: "nothing", text: "No model is like that. Take a filter away, or update from the vendors." });
  }

  status(count) {
    this.count = count ?? this.count ?? this.catalog.list().length;
    const all = this.catalog.list().length;
    const words = [this.count === all ? `${all} models` : `${this.count} of ${all} models`, this.fetched(), ...this.notes(), this.told];
    text(document.getElementById("models-said"), words.filter(Boolean).join(" · "));
  }

  // What went wrong, each once, with the vendors where it did.
  notes() {
    const vendors = new Map();
    for (const [name, { note }] of Object.entries(this.feed.catalog?.providers ?? {})) {
      if (note) vendors.set(note, [...(vendors.get(note) ?? []), this.form.labels(name)]);
    }
    return [...vendors].map(([note, names]) => `${names.join(" and ")}: ${note}`);
  }

  fetched() {
    const times = Object.values(this.feed.catalog?.providers ?? {}).map((one) => one.fetched_at).filter(Boolean).sort();
    return times.length ? `fetched ${new Date(times[0]).toLocaleString()}` : "those that are built in";
  }

  // ---- what is done ----

  close(event) {
    event?.preventDefault();
    document.getElementById("models").hidePopover();
  }

  choose(key) {
    this.close();
    this.pick(key);
  }

  key(event) {
    // A search box takes Escape for itself while there are words in it.
    if (event.key === "Escape") return this.close(event);
    const rows = [...this.list.querySelectorAll(".choose")];
    const at = rows.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    const inSearch = event.target.id === "models-search";
    if (event.key === "Enter" && (at >= 0 || (inSearch && rows.length))) {
      event.preventDefault();
      return this.choose((rows[at] ?? rows[0]).dataset.key);
    }
    if (to === undefined || (inSearch && ["Home", "End"].includes(event.key))) return;
    event.preventDefault();
    if (to < 0) document.getElementById("models-search").focus();
    else rows[Math.min(to, rows.length - 1)]?.focus();
  }

  async refresh() {
    this.tell("asking the vendors …");
    try {
      await ask("/dailies/catalog/refresh", {});
      setTimeout(() => this.tell(""), 4000);
    } catch (error) {
      this.tell(error.message);
    }
  }

  async bring(file) {
    const said = [];
    for (const entry of file.files) {
      const here = ask("/dailies/catalog/import", await entry.text()).then(({ model }) => `${model} is here`);
      said.push(await here.catch((error) => `${entry.name}: ${error.message}`));
    }
    file.value = "";
    this.tell(said.slice(-3).join(" · "));
    await this.feed.refresh();
  }

  tell(words) {
    this.told = words;
    this.status();
  }
}
