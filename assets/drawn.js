// Notices when Gradio has drawn the form, and puts what is ours among its widgets.

import { attr } from "./dom.js";

// Gradio fetches each kind of widget by itself, so the parts of the form appear in any order.
const PARTS = ["model", "model-box", "fields", "wire"];
const PLACES = { "model-facts": "model-box", "more-box": "fields" };

// Resolves when every widget that is seen at first is there.
export function widgetsDrawn(form) {
  return new Promise((done) => {
    const observer = new MutationObserver(look);
    function look() {
      if (!isDrawn(form)) return;
      observer.disconnect();
      done();
    }
    observer.observe(document.getElementById("form"), { childList: true, subtree: true, attributeFilter: ["id"] });
    look();
  });
}

function isDrawn(form) {
  const widgets = form.face().fields.filter((field) => !field.advanced).map((field) => field.slot);
  return [...PARTS, ...widgets].every((id) => document.getElementById(id));
}

export function settleIn() {
  for (const [id, place] of Object.entries(PLACES)) {
    const node = document.getElementById(id);
    document.getElementById(place).append(node);
    attr(node, "hidden", null);
  }
}
