// The keys and clicks of the form that Gradio's widgets do not take, or take otherwise.

import { turnMore } from "./fields.js";

// `act` holds { press, trouble, confirm }.
export function useKeys(form, act) {
  const box = document.getElementById("form");
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    // Gradio takes up what was typed a moment after the key.
    setTimeout(() => act.press("generate"), 30);
  }, true);
  box.addEventListener("input", () => act.trouble(""));
  box.addEventListener("click", ({ target }) => {
    if (target.id === "more") turnMore();
    if (target.id !== "confirm") return;
    act.confirm();
    act.press("generate");
  });
  // What is typed into the list of models looks for another one; it adds nothing to a name.
  box.addEventListener("focusin", ({ target }) => {
    if (target.matches("#model input")) setTimeout(() => target.select(), 0);
  });
  box.addEventListener("focusout", () => form.later());
  // Gradio's slider quietly pulls what was typed into its range when left; here it is refused
  // with a reason, and stays as it was typed.
  box.addEventListener("blur", (event) => {
    if (event.target.type === "number" && form.isBeyond(event.target)) event.stopPropagation();
  }, true);
  // Gradio closes its list on Escape but opens it only when the box is entered anew.
  box.addEventListener("keyup", ({ key, target }) => {
    if (key === "Escape" && target.closest("#model")) target.blur();
  });
}
