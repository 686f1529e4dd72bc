// Turns what the server says into the short texts of the page; units are always shown.

export const FINAL = new Set(["completed", "failed", "cancelled", "unconfirmed"]);
export const STEPS = ["ordered", "queued", "rendering", "saving", "ready"];

// Both vendors' words for "not begun yet"; any other word of a running task means work.
const WAITING = /queue|wait|pend|backlog|schedul|submitted|start|created/i;

export const isOver = (job) => FINAL.has(job.state);

export function step(job) {
  if (job.state === "completed") return 4;
  if (job.state === "saving") return 3;
  if (job.state === "queued" || job.state === "submitting") return 0;
  if (!job.generation_id) return 0;
  if (job.state !== "running") return job.provider_status && !WAITING.test(job.provider_status) ? 2 : 1;
  return !job.provider_status || WAITING.test(job.provider_status) ? 1 : 2;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

export function about(seconds) {
  if (seconds < 100) return `about ${Math.max(1, Math.round(seconds))} s`;
  return `about ${Math.round(seconds / 60)} min`;
}

export function money(amount, currency = "USD") {
  if (amount === null || amount === undefined) return "";
  const sign = currency === "USD" ? "$" : `${currency} `;
  const digits = amount === 0 || Number((amount * 100).toFixed(6)) % 1 === 0 ? 2 : 4;
  return `${sign}${amount.toFixed(digits)}`;
}

export function cost(job) {
  if (!job.live) return "free: sandbox";
  const amount = costAmount(job);
  return amount === null ? "not told" : money(amount, job.cost?.currency);
}

export function costAmount(job) {
  if (typeof job.cost === "number") return job.cost;
  return typeof job.cost?.amount === "number" ? job.cost.amount : null;
}

export function bytes(count) {
  if (!count) return "";
  if (count < 1e6) return `${Math.round(count / 1e3)} kB`;
  return `${(count / 1e6).toFixed(1)} MB`;
}

export const number = (value, digits = 1) => Number(value.toFixed(digits)).toString();

export function clip(size) {
  if (!size) return "";
  const parts = [`${size.width}×${size.height}`];
  if (size.frames) parts.push(`${size.frames} frames`);
  return parts.join(", ");
}

export function length(size) {
  return size?.seconds ? `${number(size.seconds)} s` : "";
}

export function gif(made) {
  if (!made) return "";
  return `${made.width}×${made.height}, ${number(made.fps)} fps, ${bytes(made.bytes)}`;
}

export function took(times) {
  if (!times) return "";
  const parts = [times.provider, times.ours].filter((seconds) => typeof seconds === "number");
  return parts.map((seconds) => `${seconds.toFixed(1)} s`).join(" + ");
}

export function timeOfDay(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

export const shortId = (id) => id.replace(/[^0-9a-z]/gi, "").slice(-4);

export const prompt = (job) => String(job.params?.prompt ?? "").trim() || `${job.name}, no prompt`;

export function charged(error) {
  return { yes: "Charged.", no: "Not charged.", unknown: "It may have been charged." }[error?.charged] ?? "";
}

export function reason(job) {
  if (job.state === "cancelled") return "cancelled";
  if (job.state === "unconfirmed") return "unconfirmed";
  if (job.state !== "failed") return "";
  const paid = { yes: "charged", no: "not charged", unknown: "charge unknown" }[job.error?.charged];
  return paid ? `failed · ${paid}` : "failed";
}

export function badge(job) {
  if (reason(job)) return reason(job);
  if (job.state === "completed") return length(job.size) || "ready";
  return STEPS[step(job)];
}
