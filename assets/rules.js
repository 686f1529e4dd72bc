// Applies the rules that `ui/rules.py` wrote; every sentence here comes from there.

const said = (template, given) => template.replace("{given}", String(given));
export const isBlank = (value) =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

// → { value, note, problem }: what would be sent, why it was moved, or why it is refused.
export function check(rule, value) {
  if (isBlank(value) || (rule.kind === "text" && !String(value).trim())) {
    return { value: null, note: "", problem: rule.required ? rule.missing : "" };
  }
  if (rule.kind === "number") return number(rule, Number(value));
  if (rule.kind === "text") return { value, note: "", problem: length(rule, String(value).trim()) };
  if (rule.kind === "file") {
    const insecure = typeof value === "string" && /^\s*http:/m.test(value);
    return { value, note: "", problem: insecure ? rule.insecure : "" };
  }
  if (rule.kind === "json") return { value, note: "", problem: isJson(value) ? "" : rule.broken };
  return { value, note: "", problem: "" };
}

function isJson(words) {
  try {
    JSON.parse(words);
    return true;
  } catch {
    return false;
  }
}

function length(rule, words) {
  // The server counts code points, as Python does.
  const count = [...words].length;
  return count > rule.most ? said(rule.long, count.toLocaleString("en-US")) : "";
}

function number(rule, given) {
  const refuse = (problem) => ({ value: given, note: "", problem });
  if (!Number.isFinite(given)) return refuse(rule.number);
  if (rule.whole && !Number.isInteger(given)) return refuse(rule.whole_words);
  if (rule.safe_integer && Math.abs(given) > rule.safe_integer) return refuse(rule.safe);
  const low = rule.minimum ?? -Infinity;
  const high = rule.maximum ?? Infinity;
  if (given < low || given > high) return refuse(rule.range);
  if (!rule.grid) return { value: given, note: "", problem: "" };
  return onGrid(rule.grid, given);
}

function onGrid(grid, given) {
  const value = nearest(Object.keys(grid.points).map(Number).sort((a, b) => a - b), given);
  const length = grid.points[String(value)];
  const note = value === given ? "" : `${said(grid.note, given)}: ${length}`;
  return { value, note, length, problem: "" };
}

// Of two points as near, the lower, as on the server.
function nearest(points, given) {
  return points.reduce((best, point) =>
    Math.abs(point - given) < Math.abs(best - given) ? point : best,
  );
}
