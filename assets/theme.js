// Light or dark: the system's wish until somebody presses the button, then theirs, remembered.
// It stands in the document itself, before everything that is seen: so nothing flashes.
(() => {
  const KEPT = "dailies:theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  let wish = null;
  try {
    wish = localStorage.getItem(KEPT);
  } catch {
    // Without storage the choice holds for this visit.
  }

  function apply() {
    const dark = wish ? wish === "dark" : system.matches;
    for (const node of [document.documentElement, document.body]) node.classList.toggle("dark", dark);
  }

  function turn() {
    wish = document.body.classList.contains("dark") ? "light" : "dark";
    try {
      localStorage.setItem(KEPT, wish);
    } catch {
      // As above.
    }
    apply();
  }

  apply();
  // Gradio sets the class by the system's wish alone when it starts, and at each change of that.
  new MutationObserver(apply).observe(document.body, { attributeFilter: ["class"] });
  system.addEventListener("change", apply);
  document.addEventListener("click", ({ target }) => target.id === "theme" && turn());
})();
