// Makes and patches nodes. Words go in as text only: prompts and providers' messages are hostile.

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(node, name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function set(node, name, value) {
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "class") node.className = value;
  else if (name === "text") text(node, value);
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

// Writing the same text again would make a screen reader say it again, and drop a selection.
export function text(node, words) {
  const wanted = words ?? "";
  if (node.textContent !== wanted) node.textContent = wanted;
}

export function attr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

// Brings `parent` to hold exactly `wanted`, moving only what is out of place, so that a node that
// stays (a playing video, a focused tile) is never taken out of the page.
export function arrange(parent, wanted) {
  for (const child of [...parent.childNodes]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((node, place) => {
    if (parent.childNodes[place] !== node) parent.insertBefore(node, parent.childNodes[place] ?? null);
  });
}

export async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // Without https the clipboard is closed to scripts, but not to a selection.
    const box = el("textarea", { class: "unseen" });
    box.value = words;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}

export function copyButton(words, label) {
  const button = el("button", { type: "button", class: "ghost", text: label });
  button.addEventListener("click", async () => {
    await copy(words());
    text(button, "Copied");
    setTimeout(() => text(button, label), 1500);
  });
  return button;
}
