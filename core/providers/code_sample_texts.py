"""The programs behind "Code", one for each language, with `@name@` where an order's own words go.

Each sends its order once, prints the id before anything else can go wrong, asks on through passing
troubles, ends by itself whatever comes, and saves only what is an MP4.
"""

PYTHON = """\
import sys
import time

import httpx

api = httpx.Client(
    base_url="@base@",
    headers={"Authorization": "Bearer @placeholder@"},
    timeout=60,
)


def ask(method, path, **more):
    try:
        answer = api.request(method, path, **more)
        if answer.is_success:
            return dict(answer.json())
        return {"error": f"HTTP {answer.status_code}: {answer.text[:300]}"}
    except (httpx.HTTPError, ValueError, TypeError) as error:
        return {"error": str(error)}


def addresses(found):
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list):
        return [url for item in found for url in addresses(item)]
    return [found] if str(found).startswith("http") else []


def fetch(url):
    for _ in range(5):
        try:
            answer = httpx.get(url, follow_redirects=True, timeout=60)
            if answer.is_success:
                return answer.content
        except httpx.HTTPError:
            pass
        time.sleep(5)
    return b""


# Costs money: it is sent once. If no answer comes, look the order up instead of sending it again.
order = ask("POST", "@path@", json=@body@)
task_id = @task_id@
if not task_id:
    sys.exit(f"Not ordered, or no answer came: {order}")
print("id:", task_id, flush=True)

running = @running@
done = @done@
failed = @failed@
missed = 0
while True:
    time.sleep(5)
    task = ask("GET", @asked@)
    status = str(task.get("status")).lower()
    if status in done:
        break
    if status in failed:
        sys.exit(f"The task ended as {status}: {task}")
    # Anything else may pass, but is not waited for without end.
    missed = 0 if status in running else missed + 1
    if missed == 12:
        sys.exit(f"Asked in vain after {task_id}: {task}")

saved = 0
for url in dict.fromkeys(addresses(@clips@)):
    clip = fetch(url)
    if clip[4:8] == b"ftyp":
        saved += 1
        name = f"clip-{saved}.mp4" if saved > 1 else "clip.mp4"
        with open(name, "wb") as file:
            file.write(clip)
        print("saved:", name)
    else:
        print("No clip at", url, file=sys.stderr)
if not saved:
    sys.exit(f"No clip could be fetched: {task}")
"""

JAVASCRIPT = """\
import { writeFile } from "node:fs/promises";

const base = "@base@";
const headers = { Authorization: "Bearer @placeholder@", "Content-Type": "application/json" };
const pause = () => new Promise((done) => setTimeout(done, 5000));

function end(words, answer) {
  console.error(words, answer);
  process.exit(1);
}

async function ask(path, more) {
  try {
    const signal = AbortSignal.timeout(60000);
    const answer = await fetch(base + path, { headers, signal, ...more });
    const text = await answer.text();
    if (answer.ok) return { ...JSON.parse(text) };
    return { error: `HTTP ${answer.status}: ${text.slice(0, 300)}` };
  } catch (error) {
    return { error: error.message };
  }
}

function addresses(found) {
  if (typeof found === "string") return found.startsWith("http") ? [found] : [];
  return Object.values(found ?? {}).flatMap(addresses);
}

async function load(url) {
  for (let round = 0; round < 5; round += 1) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(600000) });
      if (answer.ok) return Buffer.from(await answer.arrayBuffer());
    } catch {}
    await pause();
  }
  return Buffer.alloc(0);
}

// Costs money: it is sent once. If no answer comes, look the order up instead of sending it again.
const order = await ask("@path@", {
  method: "POST",
  body: JSON.stringify(@body@),
});
const id = @task_id@;
if (!id) end("Not ordered, or no answer came:", order);
console.log("id:", id);

const running = @running@;
const done = @done@;
const failed = @failed@;
let task;
for (let missed = 0; ; ) {
  await pause();
  task = await ask(@asked@);
  const status = String(task.status).toLowerCase();
  if (done.includes(status)) break;
  if (failed.includes(status)) end(`The task ended as ${status}:`, task);
  // Anything else may pass, but is not waited for without end.
  missed = running.includes(status) ? 0 : missed + 1;
  if (missed === 12) end(`Asked in vain after ${id}:`, task);
}

let saved = 0;
for (const url of new Set(addresses(@clips@))) {
  const clip = await load(url);
  if (clip.toString("latin1", 4, 8) === "ftyp") {
    saved += 1;
    const name = saved > 1 ? `clip-${saved}.mp4` : "clip.mp4";
    await writeFile(name, clip);
    console.log("saved:", name);
  } else {
    console.error("No clip at", url);
  }
}
if (!saved) end("No clip could be fetched:", task);
"""

CURL = """\
key='@placeholder@'

# Prints a field of the last answer.
field() {
  printf '%s' "$answer" | grep -oE "\\"($1)\\" *: *(\\"[^\\"]*\\"|[0-9]+)" | head -n 1 |
    sed -E 's/^[^:]*: *"?//; s/"$//'
}

end() {
  echo "$1 $answer" >&2
  exit 1
}

# Costs money: it is sent once. If no answer comes, look the order up instead of sending it again.
id=
answer=$(curl -sS --fail-with-body '@base@@path@' \\
  -H "Authorization: Bearer $key" \\
  -d @body@ \\
  -H "Content-Type: application/json") && id=$(field @task_id@)
[ -n "$id" ] || end "Not ordered, or no answer came:"
echo "id: $id"

missed=0
while sleep 5; do
  # With the id from the answer, until the status tells of an end:
  answer=$(curl -sS --fail-with-body -m 60 @asked@ \\
    -H "Authorization: Bearer $key") && status=$(field status | tr A-Z a-z) || status=
  case $status in
    @done@) break ;;
    @failed@) end "The task ended as $status:" ;;
    @running@) missed=0 ;;
    *) missed=$((missed + 1)) ;; # may pass, but is not waited for without end
  esac
  [ "$missed" -lt 12 ] || end "Asked in vain after $id:"
done

saved=0
answer=$(printf '%s' "$answer" | sed 's,\\\\/,/,g; s,\\\\u0026,\\&,g')
for url in $(printf '%s' "$answer" | grep -oE 'https?://[^" ]+'); do
  rm -f clip.part
  curl -sSfL --retry 4 --retry-delay 5 --retry-all-errors -o clip.part "$url"
  if [ "$(head -c 8 clip.part 2>/dev/null | tail -c 4)" = ftyp ]; then
    saved=$((saved + 1))
    [ "$saved" = 1 ] && name=clip.mp4 || name=clip-$saved.mp4
    mv clip.part "$name" && echo "saved: $name"
  else
    echo "No clip at $url" >&2
  fi
done
rm -f clip.part
[ "$saved" -gt 0 ] || end "No clip could be fetched:"
"""
