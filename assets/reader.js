// Learns what the widgets hold, by asking Gradio after whatever may have changed it. A listener on
// each widget would tell it too, and make the page a fifth slower to open.

const REST = 40;
const DEEDS = ["input", "change", "click", "keyup", "focusout", "drop"];

export class Reader {
  // `ask` makes Gradio call `form.hold` with what is in the widgets.
  constructor(form, ask) {
    this.form = form;
    this.ask = ask;
    this.timer = 0;
    this.last = 0;
    this.waiting = [];
  }

  start(box) {
    for (const deed of DEEDS) box.addEventListener(deed, () => this.soon(), true);
  }

  soon() {
    this.last = performance.now();
    this.arm();
  }

  // Resolves once the form knows what is in the widgets at this moment.
  now() {
    return new Promise((done) => {
      this.waiting.push(done);
      this.ask();
    });
  }

  heard() {
    for (const done of this.waiting.splice(0)) done();
  }

  arm() {
    this.timer ||= setTimeout(() => this.read(), REST);
  }

  read() {
    const now = performance.now();
    this.timer = 0;
    // What we gave to the widgets takes a moment to arrive there.
    if (now < this.form.settled) return this.arm();
    this.ask();
    if (now - this.last < REST) this.arm();
  }
}
