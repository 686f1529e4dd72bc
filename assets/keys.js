// The Keys panel: hands over what is typed, and empties the box at once. A key is kept nowhere here.

import { text } from "./dom.js";
import { ask } from "./request.js";

// `changed` is called when a provider may have become live, or not to be any more.
export function useKeyRows(changed) {
  for (const row of document.querySelectorAll("#keys .key-row")) {
    const box = row.querySelector("input");
    const [use, forget] = row.querySelectorAll("button");
    const hand = () => (box.value.trim() ? tell(row, box.value, changed) : say(row, "Type or paste a key first."));
    use.addEventListener("click", hand);
    box.addEventListener("keydown", ({ key }) => key === "Enter" && hand());
    forget.addEventListener("click", () => tell(row, "", changed));
  }
}

async function tell(row, key, changed) {
  row.querySelector("input").value = "";
  try {
    const { said } = await ask("/dailies/keys", { provider: row.dataset.provider, key });
    say(row, said);
  } catch (error) {
    say(row, error.message);
  }
  changed();
}

const say = (row, words) => text(row.querySelector("[role=status]"), words);
