"""Faults in texts and numbers: half a letter, a zero, 10^400, 20,000 brackets, a row gone bad."""

import json
import secrets
import sqlite3
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from provider import answer
from served_page import served_page
from test_page_faults import studio_on
from world import WAN, assert_completed, assert_ended, task

from core import State
from core.media import read_tags
from core.providers.aimlapi.api import AimlApi
from core.providers.protocol import Call

# Gradio's own use of pandas warns in its own thread, where nobody can catch it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NOTHING_KEPT = httpx.Limits(max_keepalive_connections=0)
HALF = '"a fox \\ud83d"'
NESTED = "[" * 20_000 + "]" * 20_000
ODD = {
    "half a letter": HALF,
    "a half letter in a name": '{"\\udc00": 1}',
    "10^400": "1" + "0" * 400,
    "5,000 digits": "9" * 5000,
    "1e999": "1e999",
    "NaN": "NaN",
    "20,000 brackets": NESTED,
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page") / "data"
    chosen = {"dailies_trusted_proxies": "127.0.0.1", "dailies_visitors": "together"}
    with (
        served_page(folder, **chosen) as (studio, address),
        # A connection that is kept would be closed, and opened anew, when the machine is slow.
        httpx.Client(base_url=address, timeout=30, limits=NOTHING_KEPT) as client,
    ):
        yield studio, client


@pytest.fixture(scope="module")
def post(page):
    """Post text as JSON, each time from another address: here it is not the rate that counts."""
    calls = iter(range(60_000))

    def post(path, text):
        number = next(calls)
        caller = {"X-Forwarded-For": f"11.{number >> 8}.{number & 255}.1"}
        headers = {"Content-Type": "application/json", **caller}
        return page[1].post(path, content=text.encode(), headers=headers)

    return post


def written(value, odd):
    return json.dumps(value).replace('"@"', odd)


def orders(studio):
    return len(studio.jobs("", limit=500))


@pytest.mark.fault(
    110,
    "half an emoji in a prompt",
    "refused at its field; nothing is ordered, and the feed goes on",
)
@pytest.mark.parametrize("name", ["prompt", "seed", "num_frames"])
def test_half_a_letter_is_refused_on_its_field(page, post, name):
    studio, client = page
    before = orders(studio)
    order = {"model": WAN, "params": {"prompt": "x", name: "@"}, "key": "k"}
    said = post("/dailies/orders", written(order, HALF))
    assert said.status_code == 400
    assert "half a letter" in said.json()["problems"][name]
    assert orders(studio) == before
    assert client.get("/dailies/feed").status_code == 200


def test_a_whole_emoji_is_taken_as_it_is(page, post):
    order = {"model": WAN, "params": {"prompt": "@", "num_frames": 18}, "key": "whole"}
    said = post("/dailies/orders", written(order, '"a \\ud83e\\udd8a in snow"'))
    job = said.json()["job"]
    assert job["params"]["prompt"] == "a 🦊 in snow"
    page[0].wait(job["id"], timeout=60)


@pytest.mark.fault(
    245,
    "half a letter, 10^400, 1e999, 5,000 digits or 20,000 brackets at any route",
    "400 with the field named, and nothing is ordered",
)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/dailies/orders", {"model": "@", "params": {"prompt": "x"}}, "model"),
        ("/dailies/orders", {"model": WAN, "params": {"prompt": "@"}}, "prompt"),
        ("/dailies/orders", {"model": WAN, "params": {"prompt": "x", "seed": "@"}}, "seed"),
        ("/dailies/orders", {"model": WAN, "params": {"prompt": "x"}, "key": "@"}, "key"),
        ("/dailies/orders", {"model": WAN, "params": "@"}, "params"),
        ("/dailies/estimate", {"model": "@"}, "model"),
        ("/dailies/code", {"model": "@"}, "model"),
        ("/dailies/keys", {"provider": "@", "key": ""}, "provider"),
        ("/dailies/jobs/x/adopt", {"generation_id": "@"}, "generation_id"),
    ],
)
def test_what_no_text_or_number_can_be_is_refused_by_name(page, post, path, body, field, odd):
    before = orders(page[0])
    said = post(path, written(body, odd))
    assert said.status_code == 400
    # What is no JSON, or too deep to be read, is the whole body's fault.
    names = {"body"} if odd in (NESTED, "NaN") else {field}
    if field == "params" and odd == ODD["a half letter in a name"]:
        names = {"�"}
    assert set(said.json()["problems"]) == names
    assert orders(page[0]) == before


@pytest.mark.fault(
    246, "the same, posted to Gradio's API", "400 with the argument named; nothing is ordered"
)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize(
    ("endpoint", "data", "field"),
    [
        ("submit", ["@", {"prompt": "x"}], "model"),
        ("submit", [WAN, {"prompt": "@"}], "prompt"),
        ("submit_once", [WAN, {"prompt": "x"}, "@", True], "idempotency_key"),
        ("estimate", [WAN, {"num_frames": "@"}], "num_frames"),
        ("jobs", ["@", None], "limit"),
        ("jobs", [5, "@"], "before"),
        ("job", ["@"], "job_id"),
        ("cancel", ["@"], "job_id"),
    ],
)
def test_gradio_s_api_refuses_them_by_name(page, post, endpoint, data, field, odd):
    before = orders(page[0])
    said = post(f"/gradio_api/call/{endpoint}", written({"data": data}, odd))
    assert said.text == post(f"/gradio_api/run/{endpoint}", written({"data": data}, odd)).text
    assert said.status_code == 400
    # What is no JSON, or too deep to be read, is the whole body's fault.
    named = {"body"} if odd in (NESTED, "NaN") else {field}
    assert set(said.json()["problems"]) == named
    assert orders(page[0]) == before


@pytest.mark.parametrize(
    ("endpoint", "data", "why"),
    [
        ("jobs", [True, None], "limit must be a whole number"),
        ("jobs", [1.5, None], "limit must be a whole number"),
        ("jobs", ["many", None], "limit must be a whole number"),
        ("submit", [["a", "list"], {}], "model must be text"),
        ("submit", [WAN, ["a", "list"]], "params must be a JSON object"),
        ("submit_once", [WAN, {"prompt": "x"}, "k", "yes"], "confirmed must be true or false"),
        ("submit", [], "model is needed. params is needed"),
    ],
)
def test_an_argument_of_another_kind_is_refused_by_name(post, endpoint, data, why):
    said = post(f"/gradio_api/run/{endpoint}", json.dumps({"data": data}))
    assert said.status_code == 400
    assert why in said.json()["error"]


@pytest.mark.fault(
    247, "a moment in the year 0001 or 9999, or one that is none", "400 with the field named"
)
@pytest.mark.parametrize("name", ["before", "visit", "day"])
@pytest.mark.parametrize(
    "said",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "yesterday", "\x00", "9" * 30],
)
def test_a_moment_at_the_ends_of_time_is_refused_by_name(page, name, said):
    given = page[1].get("/dailies/feed", params={name: said})
    assert (given.status_code, list(given.json()["problems"])) == (400, [name])


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00Z", "1969-07-20T20:17:40+00:00"])
def test_an_early_moment_that_can_be_is_taken(page, said):
    assert page[1].get("/dailies/feed", params={"before": said}).json()["jobs"] == []


@pytest.mark.parametrize("path", ["/takes/%00/clip.mp4", "/dailies/models/%00", "/favicon.ico%00"])
def test_a_zero_in_an_address_is_no_crash(page, path):
    assert page[1].get(path).status_code < 500


# ---- what a provider says ----


@pytest.mark.anyio
@pytest.mark.fault(
    248,
    "half a letter, a zero, 1e999, 5,000 digits or 20,000 brackets in a provider's answer",
    "what is odd is left out; completed",
)
@pytest.mark.parametrize("odd", [*ODD.values(), '"a\\u0000b"'], ids=[*ODD, "a zero"])
async def test_a_vendor_s_odd_text_does_not_cost_the_take(world, carry, odd):
    def said(**more):
        return answer(200, written({"id": "task-1", **more}, odd).encode())

    done = {"status": "completed", "video": {"url": world.provider.clip_url}}
    world.script(
        creates=[said(status="queued", meta={"usage": {"usd_spent": 0.5, "credits_used": "@"}})],
        polls=[
            said(status="generating", progress="@", note="@"),
            said(**done, meta={"note": "@"}, error=None),
        ],
    )
    job = await carry(WAN)
    assert_completed(world, job)
    json.dumps(world.shown(job), allow_nan=False).encode()
    assert job.usage["usd"] == 0.5


@pytest.mark.anyio
@pytest.mark.fault(
    111, "an order that cannot be put into a request", "failed · not charged; not a byte left"
)
@pytest.mark.parametrize("trouble", ["a header", "a body", "our own defect"])
async def test_what_never_left_is_never_called_charged(world, carry, trouble):
    class Odd(AimlApi):
        def create(self, spec, values, request_id):
            if trouble == "our own defect":
                raise RuntimeError("a defect")
            call = {"a header": {"headers": {"X-Name": "a\nb"}}, "a body": {"json": {"x": {1}}}}
            return Call(method="POST", path=spec.path, **call[trouble])

    world.vendor, world.orders = Odd(), 0
    job = await carry(WAN)
    assert_ended(
        world,
        job,
        State.FAILED,
        "never_sent",
        charged="no",
        says="never sent",
        then="generate again",
    )
    assert world.shown(job)["cost"]["amount"] == 0


# ---- rows that went bad ----

BROKEN = {
    "an unknown state": "state = 'rewinding'",
    "a state that is nothing": "state = x''",
    "parameters that are no JSON": "params = '{\"prompt\": '",
    "parameters that are a list": "params = '[1]'",
    "half a letter": 'params = \'{"prompt": "\\ud83d"}\'',
    "text that is no UTF-8": "note = cast(x'c328ff' as text), model = cast(x'ff' as text)",
    "20,000 brackets": f"facts = '{NESTED}'",
    "facts of another kind": 'facts = \'{"width": "wide", "gif_width": null, "sources": 5}\'',
    "no figures": 'usage = \'{"usd": Infinity, "credits": NaN}\', dollars = 9e999',
    "a progress of words": "progress = 'x'",
    "an error of another shape": "error = '{\"sort\": 1}'",
    "a list for an error": "error = '[]'",
    "files of another kind": 'files = \'{"video": {"a": 1}}\'',
    "a date that is none": "created_at = 'yesterday', submitted_at = 5, finished_at = x'00'",
    "the first and the last year": "created_at = '0001-01-01 00:00:00.000000', "
    "completed_at = '9999-12-31 23:59:59.999999'",
    "an unknown provider and model": "provider = 'nobody', model = 'nobody:none'",
    "another truth": "live = 'maybe', key_from = 'thin air'",
    "a token with a zero": "token = 'a' || char(0)",
}


@pytest.mark.fault(
    112,
    "a row of the database that is broken in any column",
    "shown as what can be read of it; the feed, the list and the sums go on",
)
@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("state", ["completed", "running"])
def test_one_bad_row_takes_nothing_down(page, post, change, state):
    studio, client = page
    order = {"model": WAN, "params": {"prompt": "kept", "num_frames": 18}, "key": str(time.time())}
    good, bad = (
        post("/dailies/orders", json.dumps({**order, "key": f"{order['key']}{n}"})).json()["job"]
        for n in "ab"
    )
    studio.wait(bad["id"], timeout=60)
    studio.wait(good["id"], timeout=60)
    database = studio.settings.dailies_data_dir / "dailies.db"
    with sqlite3.connect(database, timeout=10) as db:
        db.execute("PRAGMA ignore_check_constraints = 1")
        db.execute(
            # Nobody's, so that nobody carries it on while it is looked at.
            "UPDATE jobs SET state = ?, live = 1, runner = '', revision = revision + 1 "
            "WHERE id = ?",
            (state, bad["id"]),
        )
        db.execute(f"UPDATE jobs SET {change} WHERE id = ?", (bad["id"],))
    try:
        spent = {"visit": "2026-01-01T00:00:00Z", "day": "2026-01-01T00:00:00Z"}
        told = client.get("/dailies/feed", params=spent)
        assert told.status_code == 200
        shown = {job["id"]: job for job in told.json()["jobs"]}
        assert shown[good["id"]]["params"]["prompt"] == "kept"
        if "created_at" not in change:
            assert bad["id"] in shown
        assert all(isinstance(dollars, int | float) for dollars in told.json()["spent"].values())
        for endpoint, data in (("jobs", [100, None]), ("job", [bad["id"]])):
            said = post(f"/gradio_api/run/{endpoint}", json.dumps({"data": data}))
            assert said.status_code == 200
            assert bad["id"] in said.text
        after = post("/dailies/orders", json.dumps(order | {"key": f"{order['key']}c"}))
        studio.wait(after.json()["job"]["id"], timeout=60)
    finally:
        with sqlite3.connect(database, timeout=10) as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (bad["id"],))


@pytest.mark.fault(113, "such rows when the app starts", "the other jobs are carried on")
def test_bad_rows_do_not_stop_the_start(tmp_path, provider):
    provider.scripts |= {"polls": [task("generating")]}
    with studio_on(tmp_path, provider) as studio:
        job = studio.submit(WAN, {"prompt": "a fox"}, owner="ann")
        for number, _ in enumerate(BROKEN):
            studio.submit(WAN, {"prompt": "a hen"}, owner="ann", request_key=str(number))
        wait_until(lambda: all(one.generation_id for one in studio.jobs("ann", limit=100)))
    with sqlite3.connect(tmp_path / "data" / "dailies.db") as db:
        for number, change in enumerate(BROKEN.values()):
            db.execute(f"UPDATE jobs SET {change} WHERE request_key = ?", (str(number),))
        db.execute("UPDATE runners SET pid = NULL, beat_at = 'never' WHERE 0 = 1")
    done = task("completed", video={"url": provider.clip_url})
    provider.scripts |= {"polls": [done]}
    with studio_on(tmp_path, provider) as studio:
        assert studio.wait(job.id, timeout=30).state is State.COMPLETED
        assert len(studio.jobs("ann", limit=100)) == len(BROKEN) + 1
    assert len(provider.seen["creates"]) == len(BROKEN) + 1


# ---- seeds ----


@pytest.mark.fault(
    114, "the seed left random", "one is drawn, sent, shown, and written into the file"
)
def test_a_seed_left_open_is_drawn_sent_shown_and_kept(tmp_path, provider):
    with studio_on(tmp_path, provider) as studio:
        jobs = [studio.submit(WAN, {"prompt": "a fox", **left}) for left in ({}, {"seed": None})]
        jobs = [studio.wait(job.id, timeout=30) for job in jobs]
        shown = [studio.describe(job) for job in jobs]
        clips = [studio.file(job.token, "clip.mp4") for job in jobs]
        seeds = [read_tags(clip)["params"]["seed"] for clip in clips]
    sent = [json.loads(create.body)["seed"] for create in provider.seen["creates"]]
    assert sorted(sent) == sorted(seeds) == sorted(job["seed"] for job in shown)
    assert seeds[0] != seeds[1]
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert [job["params"]["seed"] for job in shown] == seeds


def test_a_seed_that_was_given_is_sent_as_it_is(tmp_path, provider):
    with studio_on(tmp_path, provider) as studio:
        studio.wait(studio.submit(WAN, {"prompt": "a fox", "seed": 7}).id, timeout=30)
    assert json.loads(provider.seen["creates"][0].body)["seed"] == 7


@pytest.mark.fault(
    115, "the same idempotency key again, the seed left random", "one job, one seed, one order"
)
def test_a_repeated_order_draws_no_second_seed(tmp_path, provider):
    with studio_on(tmp_path, provider) as studio:
        first, second = (
            studio.submit(WAN, {"prompt": "a fox"}, request_key="once") for _ in range(2)
        )
        assert (first.id, first.params) == (second.id, second.params)
        assert isinstance(first.params["seed"], int)


def wait_until(condition):
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.02)


# ---- words ----


@pytest.mark.fault(
    116,
    "a search for a take that is older than the sixty that are loaded",
    "found at the server, by words, model, seed or id, in any case and accent",
)
@pytest.mark.parametrize("words", ["CAFÉ regen", "cafe", "424242", "krea cafe", "0e1d2c3b"])
def test_a_search_reaches_every_take(page, make_job, words):
    studio, client = page
    store, old = studio._parts.store, "0e1d2c3b" + secrets.token_hex(12)
    ended = {"state": State.COMPLETED, "live": False}
    day = datetime(2020, 1, 1, tzinfo=UTC)
    params = {"prompt": "Ein Café im Regen", "seed": 424242}
    store.add(make_job(id=old, created_at=day, params=params, **ended))
    for number in range(80):
        store.add(make_job(created_at=day + timedelta(hours=number + 1), **ended))
    newest = [job["id"] for job in client.get("/dailies/feed").json()["jobs"]]
    found = [
        job["id"] for job in client.get("/dailies/feed", params={"search": words}).json()["jobs"]
    ]
    assert old not in newest
    assert old in found
