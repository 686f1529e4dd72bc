// Shows the present form as code, in colours, with a tab for each language.

import { attr, copyButton, el } from "./dom.js";

// Enough grammar for three short programs of our own: comments, strings, numbers, keywords.
const PIECES =
  /(?<comment>(?:#|\/\/ )[^\n]*)|(?<string>f?"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\])*')|(?<number>\b\d+(?:\.\d+)?\b)|(?<keyword>\b(?:import|from|while|if|in|with|as|for|break|not|or|and|const|let|await|do|new|return|async|function|catch|try|except|raise|def|else|elif|done|case|esac|fi|then|true|false|True|False|None)\b)/g;

let shown = 0;
let programs = [];

export function showCode(written) {
  programs = written;
  const tabs = document.getElementById("code-tabs");
  if (!tabs.children.length) {
    written.forEach(({ label }, place) => tabs.append(tab(label, place)));
    tabs.append(copyButton(() => programs[shown].text, "Copy"));
  }
  open(shown);
}

function tab(label, place) {
  const button = el("button", { type: "button", role: "tab", text: label });
  button.addEventListener("click", () => open(place));
  button.addEventListener("keydown", ({ key }) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!move) return;
    open((shown + move + programs.length) % programs.length);
    button.parentElement.children[shown].focus();
  });
  return button;
}

function open(place) {
  shown = place;
  [...document.querySelectorAll("#code-tabs [role=tab]")].forEach((button, at) => {
    attr(button, "aria-selected", at === place ? "true" : "false");
    attr(button, "tabindex", at === place ? "0" : "-1");
  });
  const page = document.getElementById("code-text");
  page.replaceChildren(...coloured(programs[place].text));
  page.scrollTo(0, 0);
}

function coloured(words) {
  const nodes = [];
  let done = 0;
  for (const match of words.matchAll(PIECES)) {
    const [kind] = Object.entries(match.groups).find(([, found]) => found !== undefined);
    nodes.push(words.slice(done, match.index), el("span", { class: `is-${kind}`, text: match[0] }));
    done = match.index + match[0].length;
  }
  return [...nodes, words.slice(done)];
}
