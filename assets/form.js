// The form's behaviour: which widgets a model shows, what was typed, the hints, the refusals.
// Gradio owns the widgets and their values; this file only answers its events and adds the hints.

import { attr, text } from "./dom.js";
import { canGoOn, controlIn, dressField, openMore, place, say, showAddress, wrongNow } from "./fields.js";
import { dressModel, showPrice } from "./model.js";
import { check, isBlank } from "./rules.js";
import { addressOf, fits, isAddress, paramsOf, toWidget } from "./values.js";

const DRAFT = "dailies:draft";
// Milliseconds without a key after which a number is taken as typed, and where more digits fit.
const SHORT_REST = 250;
const LONG_REST = 1200;
// Milliseconds in which a widget surely has what it was given.
const SETTLING = 100;
const rest = (wait) => new Promise((done) => setTimeout(done, wait));
const update = (props) => ({ __type__: "update", ...props });
const same = (one, other) => one === other || (typeof one === "object" && JSON.stringify(one) === JSON.stringify(other));

export class Form {
  // `table` is what ui/page.py wrote: { models, ids, first }. `live(provider)` tells the face.
  constructor(table, live) {
    this.models = table.models;
    this.ids = table.ids;
    this.model = table.first;
    this.live = live;
    this.values = Object.fromEntries(this.ids.map((id) => [id, null]));
    for (const field of this.face().fields) this.values[field.slot] = field.shown;
    this.entered = { ...this.values };
    this.wanted = {};
    this.memory = {};
    this.notes = {};
    this.problems = {};
    this.refused = {};
    this.due = {};
    this.settled = 0;
    this.pending = null;
    this.seen = new Set(this.face().fields.map((field) => field.slot));
    this.shownFace = this.faceName();
  }

  // The catalog grew or changed: true where the form that stands there has to be drawn anew.
  adopt(models) {
    const before = JSON.stringify(this.face().fields);
    this.models = models[this.model] ? models : { ...models, [this.model]: this.models[this.model] };
    return JSON.stringify(this.face().fields) !== before;
  }

  faceName(model = this.model) {
    return this.live(providerOf(model)) ? "live" : "sandbox";
  }

  face(model = this.model, name = this.faceName(model)) {
    return this.models[model].both ?? this.models[model][name];
  }

  // ---- answers to Gradio's events ----

  // The picker changed: show the other model's widgets with what fits of what was typed.
  switchTo(model, held) {
    // Gradio tells of one choice twice; the second time, what it holds belongs to no model.
    if (model !== this.model) this.remember(held);
    this.model = model;
    return this.refit();
  }

  // What the widgets hold now; what of it somebody changed is looked at once more.
  hold(held) {
    const changed = this.take(held);
    for (const id of changed) this.typed(id, this.values[id]);
    if (changed.length) this.later();
  }

  // A widget hands out another object for the same file each time; a refusal belongs to the first.
  take(held) {
    const changed = this.ids.filter((id, place) => !same(this.values[id], held[place]));
    this.ids.forEach((id, place) => changed.includes(id) && (this.values[id] = held[place]));
    return changed;
  }

  // A number beside its grid is explained at once, and put on it as soon as the typing rests.
  async typed(id, value) {
    const field = this.fieldOf(id);
    if (!field?.rule.grid) return;
    const found = check(field.rule, value);
    delete this.problems[id];
    this.notes[id] = found.note;
    if (!found.note) return;
    await rest(canGoOn(field.rule, value) ? LONG_REST : SHORT_REST);
    if (this.values[id] !== value) return;
    this.keep = { id, value: found.value };
    this.put(id, found.value);
  }

  // Puts one value into its widget: `putting` makes Gradio ask for the updates.
  put(id, value) {
    this.values[id] = this.due[id] = value;
    this.settle();
    this.putting?.();
    this.later();
  }

  puts() {
    const { due } = this;
    this.due = {};
    return this.ids.map((id) => update(id in due ? { value: due[id] } : {}));
  }

  settle() {
    this.settled = performance.now() + SETTLING;
  }

  // Takes (and gives) a whole form: the model and its parameters by name.
  fill(model, params) {
    this.model = model;
    for (const field of this.face().fields) {
      const given = toWidget(field, field.names ? pick(params, field.names) : params[field.name]);
      if (field.rule.kind === "file") {
        const words = typeof given === "string" ? given : "";
        this.want(field.name, words ? null : given);
        this.want(addressOf(field.name), words);
      } else this.want(field.name, given ?? field.shown);
    }
    return this.refit();
  }

  // ---- what was typed ----

  want(name, value) {
    this.wanted[name] = value;
  }

  remember(held) {
    this.take(held);
    const kept = (this.memory[`${this.model} ${this.shownFace}`] ??= {});
    const { fields } = this.face(this.model, this.shownFace);
    for (const field of fields) {
      for (const [id, name] of keysOf(field)) {
        if (same(this.values[id], this.entered[id])) continue;
        this.wanted[name] = kept[name] = this.values[id];
      }
    }
  }

  // Returns an update for every widget; an empty one for those that stay unseen.
  refit() {
    this.shownFace = this.faceName();
    const fields = new Map(this.face().fields.map((field) => [field.slot, field]));
    const kept = this.memory[`${this.model} ${this.shownFace}`] ?? {};
    this.problems = {};
    this.notes = {};
    this.due = {};
    this.settle();
    const updates = this.ids.map((id) => (fields.has(id) ? this.shownAs(fields.get(id), kept) : this.unseen(id)));
    this.later();
    return updates;
  }

  shownAs(field, kept) {
    for (const [id, name] of keysOf(field)) {
      const shown = isAddress(id) ? "" : field.shown;
      const value = [this.wanted[name], kept[name]].find((it) => fits(field, it, id)) ?? shown;
      this.values[id] = this.entered[id] = field.rule.grid ? check(field.rule, value).value : value;
    }
    this.seen.add(field.slot);
    return update({ visible: true, value: this.values[field.slot], ...field.props });
  }

  unseen(id) {
    return this.seen.delete(id) ? update({ visible: false }) : update({});
  }

  fieldOf(id) {
    return this.face().fields.find((field) => field.slot === id);
  }

  // What a field holds: for a file, an address may stand in its place.
  valueOf(field) {
    const value = this.values[field.slot];
    if (field.rule.kind === "file" && isBlank(value)) return this.values[addressOf(field.slot)];
    return value;
  }

  // The parameters by name, without the unset ones.
  params() {
    return paramsOf(this.face().fields, (field) => this.valueOf(field));
  }

  // What is ordered if the form is sent as it stands.
  order() {
    return { model: this.model, params: this.params() };
  }

  // ---- the check ----

  // Marks every field in the wrong and goes to the first. True when all is in order.
  approve() {
    const problems = {};
    for (const field of this.face().fields) {
      const { problem } = check(field.rule, this.valueOf(field));
      if (problem) problems[field.names?.[0] ?? field.name] = problem;
    }
    this.refuse(problems);
    return Object.keys(problems).length === 0;
  }

  // → true where each problem has a field of its own to stand under.
  refuse(problems) {
    const told = (field) => (field.names ?? [field.name]).filter((name) => name in problems);
    const wrong = this.face().fields.filter((field) => told(field).length);
    for (const field of wrong) {
      this.problems[field.slot] = told(field).map((name) => problems[name]).join(" ");
      this.refused[field.slot] = this.valueOf(field);
    }
    this.dress();
    if (wrong.length) this.goTo(wrong[0]);
    return wrong.flatMap(told).length === Object.keys(problems).length;
  }

  goTo(field) {
    if (field.advanced) openMore();
    requestAnimationFrame(() => {
      const block = document.getElementById(field.slot);
      block?.scrollIntoView({ block: "nearest" });
      controlIn(block)?.focus();
    });
  }

  isBeyond(input) {
    const field = this.fieldOf(input.closest(".field")?.id);
    return Boolean(field && input.value !== "" && check(field.rule, input.value).problem);
  }

  // ---- what the page adds to the widgets ----

  later() {
    if (this.pending) return;
    this.pending = setTimeout(() => {
      this.pending = null;
      this.told?.();
      this.dress();
      this.save();
      this.price();
    }, 60);
  }

  dress() {
    const face = this.face();
    face.fields.forEach((field, order) => this.dressField(field, order));
    this.dressMore(face.fields.filter((field) => field.advanced));
    dressModel(this, face);
  }

  dressMore(advanced) {
    const more = document.getElementById("more");
    attr(more, "hidden", advanced.length ? null : "");
    if (more) text(more, `More (${advanced.length})`);
  }

  dressField(field, order) {
    const { slot } = field;
    const block = document.getElementById(slot);
    if (!block) return;
    place(block, field, order);
    const found = check(field.rule, this.values[slot]);
    // A refusal stands until the refused value is changed, whoever refused it.
    if (slot in this.problems && this.refused[slot] !== this.valueOf(field)) delete this.problems[slot];
    // The note outlives the value that it explains, until that is changed again.
    if (this.keep?.id === slot && this.keep.value !== this.values[slot]) {
      this.keep = null;
      this.notes[slot] = found.note;
    }
    const problem = this.problems[slot] ?? wrongNow(field, block, this.values[slot], found);
    dressField(field, block, this.values[slot], (value) => this.put(slot, value), this.seedOf?.(field));
    if (field.rule.kind === "file") this.dressAddress(field, block);
    say(field, block, { problem, note: this.notes[slot] || found.note, length: found.length });
  }

  dressAddress(field, block) {
    const id = addressOf(field.slot);
    const told = (words) => {
      this.values[id] = words;
      this.later();
    };
    showAddress(field, block, { id, value: this.values[id], told });
  }

  price() {
    return showPrice(this);
  }

  // ---- the draft, kept in this browser so that a reload loses no prompt ----

  save() {
    const params = Object.fromEntries(
      Object.entries(this.params()).filter(([, value]) => typeof value !== "object"),
    );
    try {
      localStorage.setItem(DRAFT, JSON.stringify({ model: this.model, params }));
    } catch {
      // A browser without storage forgets the draft, and nothing else.
    }
  }

  static draft() {
    try {
      return JSON.parse(localStorage.getItem(DRAFT) ?? "null");
    } catch {
      return null;
    }
  }
}

// The places of what a field holds, each with the name by which it is remembered.
function keysOf(field) {
  const keys = [[field.slot, field.name]];
  if (field.rule.kind === "file") keys.push([addressOf(field.slot), addressOf(field.name)]);
  return keys;
}

// The key of a model is `provider:id`.
const providerOf = (model) => model.slice(0, model.indexOf(":"));

const pick = (params, names) =>
  Object.fromEntries(names.filter((name) => name in params).map((name) => [name, params[name]]));
