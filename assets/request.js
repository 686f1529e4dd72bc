// Asks the server; the only place that knows where it is: in the document's own folder, which a proxy
// may show under any path. Who asks is added to each call by visitor.js.

// The address of what the server calls `/dailies/...` or `/takes/...`.
export function at(path) {
  const { pathname, search } = new URL(`.${path}`, document.baseURI);
  return pathname + search;
}

// Throws an Error, which has `told` where the words are the server's own, and `problems` by name.
export async function ask(path, body, limit = 30_000) {
  const options = body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
  options.headers = { "Content-Type": "application/json" };
  options.signal = AbortSignal.timeout(limit);
  const reply = await fetch(at(path), options);
  const said = await reply.json().catch(() => ({}));
  if (!reply.ok) throw Object.assign(new Error(said.error ?? `The server answered ${reply.status}. Try again.`), { told: Boolean(said.error), problems: said.problems });
  return said;
}

// Gives a file to Gradio, as its own upload box does, and returns what such a box holds then.
export async function upload(file, name) {
  const body = new FormData();
  body.append("files", file, name);
  const [kept] = await (await fetch(at("/gradio_api/upload"), { method: "POST", body })).json();
  return { path: kept, url: at(`/gradio_api/file=${kept}`), orig_name: name, meta: { _type: "gradio.FileData" } };
}

const allAt = (files) => Object.fromEntries(Object.entries(files ?? {}).map(([role, path]) => [role, path && at(path)]));

// A job with each of its files where this page finds it.
export const placed = (job) => ({
  ...job,
  files: allAt(job.files),
  clips: (job.clips ?? []).map(allAt),
  copy: job.copy && { ...job.copy, url: at(job.copy.url) },
  settings_file: job.settings_file && at(job.settings_file),
});
