// What the widgets hold, and what that means: values on their way from and to parameters.

import { check, isBlank } from "./rules.js";

export const addressOf = (id) => `${id}-address`;
export const isAddress = (id) => id.endsWith("-address");
const isSlider = (field) => ["grid", "length", "slider"].includes(field.look);

// The parameters by name, without the unset ones; `valueOf(field)` gives what a field holds.
export function paramsOf(fields, valueOf) {
  const params = {};
  for (const field of fields) {
    const value = valueOf(field);
    if (field.names) Object.assign(params, parsed(value));
    else if (!isBlank(value)) params[field.name] = value;
  }
  return params;
}

function parsed(words) {
  try {
    const said = JSON.parse(words || "{}");
    return said && typeof said === "object" && !Array.isArray(said) ? said : {};
  } catch {
    return {};
  }
}

// Whether what was typed for another model can stand in this one's field.
export function fits(field, value, id) {
  if (value === undefined) return false;
  if (isAddress(id)) return typeof value === "string";
  if (field.props.choices) return field.props.choices.some(([, choice]) => choice === value);
  if (isSlider(field) && isBlank(value)) return false;
  if (["text", "json", "rest"].includes(field.look) && !isBlank(value) && typeof value !== "string") return false;
  if (field.rule.kind === "file") return isBlank(value) || isFile(value, field.rule.several);
  return !check(field.rule, value).problem || isBlank(value);
}

const isFile = (value, several) =>
  typeof value === "object" && (Array.isArray(value) ? several && value.length > 0 : !several);

// What the widget of a field holds where the parameter has `value`.
export function toWidget(field, value) {
  if (isBlank(value)) return value;
  if (field.look === "onoff" && typeof value === "boolean") return value ? "on" : "off";
  if (field.rule.kind === "file") return files(value);
  if (["json", "rest"].includes(field.look)) return typeof value === "string" ? value : JSON.stringify(value, null, 1);
  return field.look === "text" ? String(value) : value;
}

// Addresses go into the box as lines; files that were uploaded anew stay a list.
function files(value) {
  if (!Array.isArray(value)) return value;
  return value.every((file) => typeof file === "string") ? value.join("\n") : value;
}
