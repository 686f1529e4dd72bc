// The panels, Keys, Code and Models: shown in the browser's top layer.

import { attr, el } from "./dom.js";

const PANELS = { keys: "Keys", code: "Code", models: "Models" };
let opener = null;

export function initPanels() {
  for (const [id, name] of Object.entries(PANELS)) dress(document.getElementById(id), name);
}

function dress(panel, name) {
  if (!panel || panel.hasAttribute("popover")) return;
  attr(panel, "popover", "auto");
  attr(panel, "role", "dialog");
  attr(panel, "aria-label", name);
  attr(panel, "tabindex", "-1");
  const close = el("button", { type: "button", class: "close", "aria-label": `Close ${name}`, text: "×" });
  close.addEventListener("click", () => panel.hidePopover());
  panel.prepend(close);
  panel.addEventListener("toggle", (event) => (event.newState === "open" ? entered(panel) : left()));
}

export function openPanel(id) {
  const panel = document.getElementById(id);
  if (!panel) return;
  dress(panel, PANELS[id]);
  opener = document.activeElement;
  panel.showPopover();
}

function entered(panel) {
  attr(document.getElementById("room"), "inert", "");
  (panel.querySelector("input, [role=tab]") ?? panel).focus();
}

function left() {
  attr(document.getElementById("room"), "inert", null);
  opener?.focus?.();
}
