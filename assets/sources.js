// The source files of an earlier take, put back into the form through Gradio's own upload.

import { at, upload } from "./request.js";

// The parameters of a job, each file of theirs as the form takes it; `fields` are the model's.
export async function withFiles(job, fields) {
  const params = { ...job.params };
  for (const { name, rule } of fields) {
    if (rule.kind !== "file" || params[name] === undefined) continue;
    const kept = await Promise.all([params[name]].flat().map((source, place) => again(source, `${name}-${place + 1}`)));
    const files = kept.filter(Boolean);
    params[name] = rule.several ? files : files[0];
  }
  return params;
}

async function again(source, name) {
  if (typeof source !== "string") return null;
  if (source.startsWith("/takes/")) return fetched(source, name).catch(() => null);
  return source.startsWith("https:") ? source : null;
}

async function fetched(path, name) {
  const reply = await fetch(at(path));
  return upload(await reply.blob(), `${name}.${path.split(".").at(-1)}`);
}
