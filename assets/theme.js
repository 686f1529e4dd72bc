// Light or dark: the system's wish until somebody presses the button, then theirs, remembered.

const KEPT = "dailies:theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function wish() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function apply() {
  const dark = wish() ? wish() === "dark" : system.matches;
  document.body.classList.toggle("dark", dark);
}

export function useTheme() {
  apply();
  system.addEventListener("change", apply);
}

export function toggleTheme() {
  const dark = !document.body.classList.contains("dark");
  try {
    localStorage.setItem(KEPT, dark ? "dark" : "light");
  } catch {
    // Without storage the choice holds for this visit.
  }
  document.body.classList.toggle("dark", dark);
}
