// The form's behaviour: which widgets a model shows, what was typed, the hints, the refusals.
// Gradio owns the widgets and their values; this file only answers its events and adds the hints.

import { attr } from "./dom.js";
import { canGoOn, controlIn, dressField, openMore, say, wrongNow } from "./fields.js";
import { dressModel, showPrice } from "./model.js";
import { check, isBlank } from "./rules.js";

const DRAFT = "dailies:draft";
// Milliseconds without a key after which a number is taken as typed, and where more digits fit.
const SHORT_REST = 250;
const LONG_REST = 1200;
const rest = (wait) => new Promise((done) => setTimeout(done, wait));
const update = (props) => ({ __type__: "update", ...props });

export class Form {
  // `table` is what ui/form.py wrote: { models, ids, first }. `live(provider)` tells the face.
  constructor(table, live) {
    this.models = table.models;
    this.ids = table.ids;
    this.model = table.first;
    this.live = live;
    this.initial = {};
    this.values = {};
    this.entered = {};
    this.wanted = {};
    this.memory = {};
    this.notes = {};
    this.problems = {};
    this.refused = {};
    this.pending = null;
    for (const field of this.everyField()) {
      if (!(field.slot in this.initial)) this.initial[field.slot] = field.shown;
    }
    for (const id of this.ids) this.initial[id] ??= isAddress(id) ? "" : null;
    for (const field of this.face().fields) this.initial[field.slot] = field.shown;
    this.values = { ...this.initial };
    this.entered = { ...this.initial };
    this.shownFace = this.faceName();
  }

  everyField() {
    return Object.values(this.models).flatMap((faces) => [
      ...faces.sandbox.fields,
      ...faces.live.fields,
    ]);
  }

  faceName(model = this.model) {
    return this.live(this.models[model].sandbox.provider) ? "live" : "sandbox";
  }

  face(model = this.model) {
    return this.models[model][this.faceName(model)];
  }

  // ---- answers to Gradio's events ----

  // The picker changed: show the other model's widgets with what fits of what was typed.
  switchTo(model, held) {
    // Gradio tells of one choice twice; the second time, what it holds belongs to no model.
    if (model !== this.model) this.remember(held);
    this.model = model;
    return this.refit();
  }

  // A widget changed, by hand or by us.
  changed(id, value) {
    this.values[id] = value;
    this.later();
  }

  // A grid slider was moved or typed into: what lies beside the grid is explained at once, and put
  // on it as soon as the typing rests.
  async typed(id, value) {
    this.values[id] = value;
    const field = this.fieldOf(id);
    const found = field ? check(field.rule, value) : { note: "" };
    delete this.problems[id];
    this.notes[id] = found.note;
    this.later();
    if (!found.note) return value;
    await rest(canGoOn(field.rule, value) ? LONG_REST : SHORT_REST);
    if (this.values[id] !== value) return this.values[id];
    this.keep = { id, value: found.value };
    this.values[id] = found.value;
    this.later();
    return found.value;
  }

  // Everything that Gradio is to send: widgets of other models go as they were made, since what
  // they hold is nobody's business now and might be refused.
  toSend(held) {
    const mine = new Set(this.face().fields.flatMap((field) => [field.slot, addressOf(field.slot)]));
    return this.ids.map((id, place) => {
      if (!mine.has(id)) return this.initial[id];
      const field = this.fieldOf(id);
      return field && isSlider(field) && isBlank(held[place]) ? field.shown : held[place];
    });
  }

  // Takes (and gives) a whole form: the model and its parameters by name.
  fill(model, params) {
    this.model = model;
    for (const field of this.face().fields) {
      const value = params[field.name];
      const given = toWidget(field, value);
      if (field.rule.kind === "file") {
        this.want(field.name, typeof given === "string" ? null : given);
        this.want(addressOf(field.name), typeof given === "string" ? given : "");
      } else this.want(field.name, given ?? field.shown);
    }
    return this.refit();
  }

  // ---- what was typed ----

  want(name, value) {
    this.wanted[name] = value;
  }

  remember(held) {
    const now = Object.fromEntries(this.ids.map((id, place) => [id, held[place]]));
    const kept = (this.memory[`${this.model} ${this.shownFace}`] ??= {});
    const { fields } = this.models[this.model][this.shownFace];
    for (const field of fields) {
      for (const [id, name] of this.keysOf(field)) {
        if (now[id] === this.entered[id]) continue;
        this.wanted[name] = kept[name] = now[id];
      }
    }
  }

  keysOf(field) {
    const keys = [[field.slot, field.name]];
    if (field.rule.kind === "file") keys.push([addressOf(field.slot), addressOf(field.name)]);
    return keys;
  }

  // Returns an update for every widget.
  refit() {
    this.shownFace = this.faceName();
    const fields = new Map(this.face().fields.map((field) => [field.slot, field]));
    const kept = this.memory[`${this.model} ${this.shownFace}`] ?? {};
    this.problems = {};
    this.notes = {};
    const updates = this.ids.map((id) => {
      const field = fields.get(id) ?? fields.get(baseOf(id));
      if (!field) return update({ visible: false });
      const name = isAddress(id) ? addressOf(field.name) : field.name;
      const shown = isAddress(id) ? "" : field.shown;
      const value = [this.wanted[name], kept[name]].find((it) => fits(field, it)) ?? shown;
      const fitted = field.rule.grid ? check(field.rule, value).value : value;
      this.values[id] = this.entered[id] = fitted;
      const props = isAddress(id) ? {} : field.props;
      return update({ visible: true, value: fitted, ...props });
    });
    this.later();
    return [...updates, this.moreUpdate()];
  }

  moreUpdate() {
    const some = this.face().fields.some((field) => field.advanced);
    attr(document.body, "data-more", some ? "some" : "none");
    return update({ label: some ? "More" : "More: nothing else for this model", open: false });
  }

  fieldOf(id) {
    return this.face().fields.find((field) => field.slot === id);
  }

  valueOf(field) {
    const value = this.values[field.slot];
    if (field.rule.kind === "file" && isBlank(value)) return this.values[addressOf(field.slot)];
    return value;
  }

  // The parameters by name, without the unset ones.
  params() {
    const pairs = this.face().fields.map((field) => [field.name, this.valueOf(field)]);
    return Object.fromEntries(pairs.filter(([, value]) => !isBlank(value)));
  }

  // ---- the check ----

  // Marks every field in the wrong and goes to the first. True when all is in order.
  approve(held) {
    this.ids.forEach((id, place) => (this.values[id] = held[place]));
    const problems = {};
    for (const field of this.face().fields) {
      const { problem } = check(field.rule, this.valueOf(field));
      if (problem) problems[field.name] = problem;
    }
    this.refuse(problems);
    return Object.keys(problems).length === 0;
  }

  // → true where each problem has a field of its own to stand under.
  refuse(problems) {
    const wrong = this.face().fields.filter((field) => field.name in problems);
    for (const field of wrong) {
      this.problems[field.slot] = problems[field.name];
      this.refused[field.slot] = this.valueOf(field);
    }
    this.dress();
    if (wrong.length) this.goTo(wrong[0]);
    return wrong.length === Object.keys(problems).length;
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
    for (const field of face.fields) this.dressField(field);
    dressModel(this, face);
  }

  dressField(field) {
    const { slot } = field;
    const block = document.getElementById(slot);
    if (!block) return;
    const found = check(field.rule, this.values[slot]);
    // A refusal stands until the refused value is changed, whoever refused it.
    if (slot in this.problems && this.refused[slot] !== this.valueOf(field)) delete this.problems[slot];
    // The note outlives the value that it explains, until that is changed again.
    if (this.keep?.id === slot && this.keep.value !== this.values[slot]) {
      this.keep = null;
      this.notes[slot] = found.note;
    }
    const problem = this.problems[slot] ?? wrongNow(field, block, this.values[slot], found);
    dressField(field, block, this.values[slot]);
    say(field, block, { problem, note: this.notes[slot] || found.note, length: found.length });
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

const addressOf = (id) => `${id}-address`;
const isAddress = (id) => id.endsWith("-address");
const baseOf = (id) => id.replace(/-address$/, "");
const isSlider = (field) => ["grid", "length", "slider"].includes(field.look);

function fits(field, value) {
  if (value === undefined) return false;
  if (field.props.choices) return field.props.choices.some(([, choice]) => choice === value);
  if (isSlider(field) && isBlank(value)) return false;
  return !check(field.rule, value).problem || isBlank(value);
}

// A switch shows words where the parameter has true and false.
function toWidget(field, value) {
  return field.look === "onoff" && typeof value === "boolean" ? (value ? "on" : "off") : value;
}
