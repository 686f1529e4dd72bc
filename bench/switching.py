"""Switching models in Chromium: ours against Gradio's server-side updates and `gr.render`.

Taken inside the page, from the click until each widget of the other model stands in the document
and no other one does; ours has the model's name in its picker, too. The delay is put on the
browser's network, so that each trip to the server takes so much longer.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from common.catalog import vendor
from common.chromium import chromium, delay, page_of, ready
from common.running import app, server
from common.table import Report, Row, Target, main, middle, p95
from playwright.sync_api import Browser, Page

DELAYS, COUNTS, FEW_MODELS = (0, 120), (5, 200), (20,)
SWITCHES, FEW = 60, 6
LIMIT = 40.0

# Resolves with the milliseconds from `act()` until `done()` holds.
_UNTIL = """
window.timed = (act, done) => new Promise((resolve, reject) => {
  const began = performance.now();
  const look = () => {
    if (!done()) return;
    const took = performance.now() - began;
    watcher.disconnect();
    clearTimeout(late);
    clearInterval(ticking);
    resolve(took);
  };
  const late = setTimeout(() => reject(new Error("the switch never ended")), 20000);
  // What is only a value, as the picker's words, tells no observer.
  const ticking = setInterval(look, 1);
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { childList: true, subtree: true });
  act();
});
"""

# Learns what each model shows, from what our page's own scripts are given.
_SHEETS = """async () => {
  const feed = await (await fetch("/dailies/feed?since=-1")).json();
  const { models } = await (await fetch(`/dailies/models/${feed.catalog.version}`)).json();
  const baked = JSON.parse(document.getElementById("dailies-table").textContent).models;
  window.slots = {};
  for (const [key, faces] of Object.entries(models)) {
    const face = faces.both ?? faces.sandbox;
    const ids = face.fields.map((field) => field.slot);
    window.slots[key] = { name: `${face.name} · ${face.task}`, ids };
  }
  return [Object.keys(baked), Object.keys(models).filter((key) => !(key in baked))];
}"""

_OURS = """(key) => {
  const { name, ids } = window.slots[key];
  const wanted = new Set(ids);
  const fields = () => [...document.querySelectorAll("#fields .field")];
  const done = () => {
    if (!document.querySelector("#model input").value.startsWith(name)) return false;
    const there = fields();
    return there.length === wanted.size && there.every(({ id }) => wanted.has(id));
  };
  const press = () => {
    window.dailies.filling = { model: key, keep: true };
    document.querySelector("#wire textarea").dispatchEvent(new Event("blur"));
  };
  return timed(press, done);
}"""

# A model of theirs shows six of twelve widgets, or the other six.
_GRADIO = """
import os
import gradio as gr

def shown(model):
    label = f"Model {model}"
    return [gr.update(visible=place % 2 == int(model), label=label) for place in range(12)]

with gr.Blocks(analytics_enabled=False) as page:
    model = gr.Radio(["0", "1"], value="0", elem_id="model")
    if os.environ["KIND"] == "change":
        boxes = [gr.Textbox(elem_id=f"w{place}", visible=place % 2 == 0) for place in range(12)]
        model.change(shown, model, boxes, queue=False, show_progress="hidden")
    else:
        @gr.render(inputs=model)
        def draw(chosen):
            for place in range(int(chosen), 12, 2):
                gr.Textbox(elem_id=f"w{place}", interactive=True)
page.launch(server_port=int(os.environ["GRADIO_SERVER_PORT"]), ssr_mode=False, quiet=True)
"""
_THEIRS = """(other) => {
  const there = () => [...Array(12).keys()].filter((n) => document.getElementById(`w${n}`));
  const done = () => there().length === 6 && there().every((n) => n % 2 === other);
  return timed(() => document.querySelectorAll("#model input")[other].click(), done);
}"""


def ours(page: Page, models: list[str], switches: int) -> list[float]:
    """Return the milliseconds of so many switches, round and round."""
    found = []
    for turn in range(switches + 2):
        found.append(page.evaluate(_OURS, models[turn % len(models)]))
        page.wait_for_timeout(120)
    return found[2:]


def theirs(browser: Browser, kind: str, milliseconds: int, switches: int) -> list[float]:
    """Return the milliseconds of so many switches, there and back."""
    environment = {"KIND": kind, "GRADIO_ANALYTICS_ENABLED": "False"}
    with (
        server(["-c", _GRADIO], environment=environment) as process,
        page_of(browser, scripts=_UNTIL) as page,
    ):
        page.goto(process.url)
        page.wait_for_selector("#w0", state="attached")
        delay(page, milliseconds)
        page.wait_for_timeout(500)
        found = []
        for turn in range(switches + 2):
            found.append(page.evaluate(_THEIRS, (turn + 1) % 2))
            page.wait_for_timeout(120)
        return found[2:]


def row(what: str, models: int, milliseconds: int, found: list[float]) -> Row:
    return {
        "way": what,
        "models": models,
        "delay, ms": milliseconds,
        "median, ms": middle(found),
        "p95, ms": p95(found),
    }


def our_rows(browser: Browser, count: int, switches: int) -> Iterator[Row]:
    """Yield ours with so many models, at each delay: built-in ones, then those of the catalog."""
    with (
        tempfile.TemporaryDirectory(prefix="dailies-bench-") as folder,
        vendor(max(0, count - 5)) as settings,
        app(Path(folder), **(settings if count > 5 else {})) as process,
    ):
        wait_for_models(process.url, count)
        for milliseconds in DELAYS:
            with page_of(browser, scripts=_UNTIL) as page:
                ready(page, process.url)
                built_in, others = page.evaluate(_SHEETS)
                delay(page, milliseconds)
                found = ours(page, built_in, switches)
                yield row("ours, built-in", count, milliseconds, found)
                if others:
                    found = ours(page, others, switches)
                    yield row("ours, from the catalog", count, milliseconds, found)


def wait_for_models(url: str, count: int) -> None:
    """Wait until the app has fetched its catalog."""
    for _ in range(600):
        models = httpx.post(f"{url}/gradio_api/run/models", json={"data": []}, timeout=30).json()
        if len(models["data"][0]) >= count:
            return
        time.sleep(0.2)
    raise RuntimeError(f"the app has not fetched {count} models")


def measure(*, brief: bool) -> Report:
    switches = FEW if brief else SWITCHES
    with chromium() as browser:
        rows = [
            row(f"Gradio, {kind}", 2, milliseconds, theirs(browser, kind, milliseconds, switches))
            for kind in ("change", "render")
            for milliseconds in (DELAYS[:1] if brief else DELAYS)
        ]
        for count in FEW_MODELS if brief else COUNTS:
            rows += our_rows(browser, count, switches)
    return Report(title="Switching models", rows=rows, targets=list(targets(rows)), brief=brief)


def targets(rows: list[Row]) -> Iterator[Target]:
    """Yield one verdict for each number of models and each delay."""
    for one in rows:
        if one["way"] != "ours, built-in":
            continue
        rivals = ", ".join(
            f"{other['way'].removeprefix('Gradio, ')}: {other['median, ms']:.0f} ms"
            for other in rows
            if other["way"].startswith("Gradio") and other["delay, ms"] == one["delay, ms"]
        )
        name = f"{one['models']} models, {one['delay, ms']} ms of delay, median"
        yield Target(what=name, figure=one["median, ms"], limit=LIMIT, unit="ms", against=rivals)


if __name__ == "__main__":
    main("Switching models", measure)
