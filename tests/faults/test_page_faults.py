"""Faults that a person or another site makes: at the façade, and over HTTP at the served page."""

import asyncio
import html
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest
from provider import Provider, Silence, answer, serving
from pydantic import SecretStr
from served import serve_app
from world import CANARY, KLING, WAN, task

from core import Clock, Settings, State, open_studio
from core.errors import InvalidInput, NotAllowed, NotConfirmed
from core.media import read_tags
from ui.server import build_app

# Gradio's own use of pandas warns in its own thread, where nobody can catch it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ORDER = {"prompt": "a fox", "num_frames": 18}
TYPED = "canary-typed-9b1c44-never-shown"


async def hurry(seconds):
    await asyncio.sleep(seconds * 0.02)


@contextmanager
def studio_on(folder, provider, **settings):
    url = {"aimlapi_base_url": provider.url, "krea_base_url": provider.url}
    keys = {"aimlapi_api_key": SecretStr(CANARY), "krea_api_key": SecretStr(CANARY)}
    chosen = Settings(dailies_data_dir=folder / "data", **{**url, **keys, **settings})
    with open_studio(chosen, clock=Clock(sleep=hurry)) as studio:
        yield studio


@pytest.fixture
def studio(tmp_path, provider):
    with studio_on(tmp_path, provider) as studio:
        yield studio


def until(condition, seconds=15.0):
    ends = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.01)
    return value


@pytest.mark.fault(21, "double click, a second tab, a repeated call", "one job, one order")
def test_one_click_is_one_order_however_often_it_comes(studio, provider):
    def click(_):
        return studio.submit(WAN, ORDER, request_key="click-1").id

    with ThreadPoolExecutor(8) as tabs:
        ids = set(tabs.map(click, range(16)))
    assert len(ids) == 1
    assert studio.wait(ids.pop()).state is State.COMPLETED
    assert provider.orders == 1
    assert len(list((studio.settings.dailies_data_dir / "takes").iterdir())) == 1


@pytest.mark.fault(
    34, "a visitor types a good key for one that was refused", "completed with the same id"
)
def test_a_new_key_wakes_the_job_that_waits_for_it(tmp_path, provider):
    def poll(request):
        if request.headers["authorization"].endswith(TYPED):
            return task("completed", video={"url": provider.clip_url})
        return answer(401, {"message": "no"})

    provider.scripts["polls"] = [poll]
    with studio_on(tmp_path, provider, aimlapi_api_key=None) as studio:
        studio.set_key("", "aimlapi", CANARY)
        job = studio.submit(WAN, ORDER)
        until(lambda: "Check the key" in studio.job(job.id).note)
        studio.set_key("", "aimlapi", TYPED)
        assert studio.wait(job.id).state is State.COMPLETED
    assert provider.orders == 1


@pytest.mark.fault(
    81, "a key is typed while an order goes out", "completed; the order is not cut off"
)
def test_a_new_key_does_not_cut_off_an_order_under_way(tmp_path, provider):
    answered = threading.Event()

    def create(request):
        answered.wait(5)
        return answer(200, {"id": "task-1", "status": "queued"})

    provider.scripts["creates"] = [create]
    with studio_on(tmp_path, provider, aimlapi_api_key=None) as studio:
        studio.set_key("", "aimlapi", CANARY)
        job = studio.submit(WAN, ORDER)
        until(lambda: provider.orders)
        studio.set_key("", "aimlapi", TYPED)
        time.sleep(0.1)
        answered.set()
        assert studio.wait(job.id).state is State.COMPLETED
    assert provider.orders == 1
    assert provider.seen["logs"] == []


@pytest.mark.fault(
    41, "the user cancels; the provider says yes, 404 or nothing", "cancelled; one request"
)
@pytest.mark.parametrize(
    ("said", "note"),
    [
        (answer(200), "Cancelled at Krea: not charged."),
        (answer(404), "says that the task cannot be cancelled any more"),
        (answer(500), "it may finish, and be charged"),
    ],
    ids=["yes", "404", "500"],
)
def test_a_cancel_is_asked_for_once_and_holds(studio, provider, said, note):
    done = {"job_id": "j", "status": "completed", "result": {"urls": [provider.clip_url]}}
    ended = []

    def poll(request):
        return answer(200, done if ended else {"job_id": "j", "status": "sampling"})

    provider.scripts |= {
        "creates": [answer(200, {"job_id": "j", "status": "queued"})],
        "polls": [poll],
        "cancels": [said],
    }
    job = studio.submit(KLING, {"prompt": "a fox"})
    until(lambda: studio.job(job.id).state is State.RUNNING)
    assert studio.cancel(job.id).state is State.CANCELLED
    assert studio.cancel(job.id).state is State.CANCELLED
    assert note in studio.job(job.id).note
    assert len(provider.seen["cancels"]) == 1
    ended.append(True)
    assert studio.look_again(job.id).state is not State.CANCELLED
    assert studio.wait(job.id).state is State.COMPLETED
    assert provider.orders == 1


@pytest.mark.fault(
    72,
    "more takes than a person may order in a day",
    "refused before the order; midnight UTC frees",
)
def test_a_person_s_takes_for_the_day_are_counted(tmp_path, provider):
    provider.scripts["polls"] = [task("error", error={"message": "enough"})]
    with studio_on(tmp_path, provider, dailies_takes_per_person=3) as studio:
        for session in range(3):
            studio.wait(studio.submit(WAN, ORDER, owner="ann", request_key=str(session)).id)
        for _ in range(17):
            with pytest.raises(NotAllowed, match="3 takes for today"):
                studio.submit(WAN, ORDER, owner="ann")
        studio.wait(studio.submit(WAN, ORDER, owner="bob").id)
        yesterday = datetime.now(UTC) - timedelta(days=1)
        for job in studio.jobs("ann"):
            studio._parts.store.change(job.id, created_at=yesterday)
        studio.wait(studio.submit(WAN, ORDER, owner="ann").id)
    assert provider.orders == 5
    assert len(list((tmp_path / "data" / "takes").iterdir())) == 5


@pytest.mark.fault(
    72,
    "the owner's budget is spent; an order above the price to confirm",
    "refused before the order",
)
def test_the_budget_of_the_day_and_the_price_to_confirm_hold(tmp_path, provider):
    provider.scripts["polls"] = [Silence(20)]
    limits = {"dailies_dollars_in_all": 0.5, "dailies_confirm_above": 0.01}
    with studio_on(tmp_path, provider, **limits) as studio:
        with pytest.raises(NotConfirmed):
            studio.submit(WAN, ORDER)

        def order(number):
            try:
                return studio.submit(WAN, ORDER, owner=f"o{number}", confirmed=True).dollars
            except NotAllowed as error:
                assert "spent what it may spend" in str(error)
                return None

        with ThreadPoolExecutor(8) as people:
            spent = [price for price in people.map(order, range(24)) if price is not None]
        assert sum(spent) <= 0.5 + 1e-6
        assert len(spent) < 24
        until(lambda: provider.orders == len(spent))
    assert provider.orders == len(spent)


XSS = [
    "<img src=x onerror=window.__pwn=1>",
    "<script>window.__pwn=1</script>",
    '"><svg onload=window.__pwn=1>',
    "<iframe srcdoc='<script>parent.__pwn=1</script>'>",
    "[x](javascript:window.__pwn=1)",
    "</script><b>",
    "NUL \0, right \u202eto left, 🦊 " + "x" * 1000,
]


class Page:
    """The served page, the provider behind it, and what a browser would have received."""

    def __init__(self, studio, provider, address):
        self.studio, self.provider, self.address = studio, provider, address
        self.heard = []

    def ask(self, method, path, **more):
        # One browser's own secret: a typed key is that browser's alone.
        browser = {"X-Dailies-Visitor": "5ec2e7" + "0f" * 13}
        with httpx.Client(base_url=self.address, timeout=10, headers=browser) as client:
            answered = client.request(method, path, **more)
        self.heard.append(f"{answered.headers!r}{answered.text}")
        return answered

    def call(self, name, *data):
        """Call a public function as Gradio's clients do; returns the frames of its stream."""
        # Over plain HTTP every input must be there; Gradio's own clients fill in the defaults.
        rest = [None, False] if name == "submit" else []
        event = self.ask("POST", f"/gradio_api/call/{name}", json={"data": [*data, *rest]})
        return self.ask("GET", f"/gradio_api/call/{name}/{event.json()['event_id']}").text

    def type_key(self, key):
        """Hand over a visitor's key as the page does; returns what came back."""
        return self.ask("POST", "/dailies/keys", json={"provider": "aimlapi", "key": key})


@pytest.fixture(scope="module")
def page(tmp_path_factory, clip_bytes):
    folder, provider = tmp_path_factory.mktemp("page"), Provider()
    with serving(provider), studio_on(folder, provider, dailies_visitors="together") as studio:
        provider.scripts = {
            "creates": [answer(200, {"id": "task-1", "status": "queued"})],
            "polls": [task("completed", video={"url": provider.clip_url})],
            "logs": [answer(200, {"data": []})],
            "files": [answer(200, clip_bytes)],
            "cancels": [answer(200)],
            "uploads": [answer(200)],
        }
        with serve_app(build_app(studio)) as address:
            yield Page(studio, provider, address)


def jobs_of(page):
    return {job["id"]: job for job in page.ask("GET", "/dailies/feed").json()["jobs"]}


@pytest.mark.fault(40, "the tab closes right after the click", "completed; in the history")
def test_a_tab_that_closes_concerns_no_job(page):
    orders = page.provider.orders
    with httpx.Client(base_url=page.address, timeout=10) as tab:
        event = tab.post(
            "/gradio_api/call/submit", json={"data": [WAN, ORDER, None, False]}
        ).json()["event_id"]
        with tab.stream("GET", f"/gradio_api/call/submit/{event}") as stream:
            next(stream.iter_raw())
    until(lambda: page.provider.orders == orders + 1)
    until(lambda: all(job["state"] == "completed" for job in jobs_of(page).values()))
    assert len(jobs_of(page)) == orders + 1


def letters(text):
    return [letter for letter in text if letter.isprintable() and letter != " "]


@pytest.mark.fault(
    69, "markup in a prompt and in the provider's words", "data, never markup, in every answer"
)
@pytest.mark.parametrize("text", XSS, ids=lambda text: text[:20])
def test_what_people_and_providers_say_is_never_markup(page, text):
    prompt = text.replace("\x00", "")  # which is refused at the door: see fault 246
    before = page.provider.scripts["creates"]
    page.provider.scripts["creates"] = [answer(400, {"message": text})]
    try:
        told = page.call("submit", WAN, {"prompt": prompt, "num_frames": 18})
        job = json.loads(told.rpartition("data: ")[2])[0]
        page.studio.wait(job["id"])
    finally:
        page.provider.scripts["creates"] = before
    known = jobs_of(page)[job["id"]]
    # What no text has in it, such as NUL, is taken out; the rest stays as it was written.
    assert letters(known["params"]["prompt"]) == letters(prompt)
    assert letters(known["error"]["provider_message"]) == letters(" ".join(prompt.split())[:300])
    for path in ("/", "/config", "/dailies/feed", f"/takes/{text[:9]}/{text[:9]}"):
        answered = page.ask("GET", quote(path))
        if "html" in answered.headers["content-type"]:
            assert "__pwn" not in html.unescape(answered.text)
        else:
            assert answered.headers["content-type"].startswith("application/json")


@pytest.mark.fault(69, "a prompt of 100,000 letters", "sent whole or refused; never cut in silence")
def test_a_prompt_that_is_a_book_is_taken_whole_or_refused(page):
    orders = page.provider.orders
    told = page.call("submit", WAN, {"prompt": "x" * 100_000, "num_frames": 18})
    if "event: error" in told:
        assert page.provider.orders == orders
    else:
        page.studio.wait(json.loads(told.rpartition("data: ")[2])[0]["id"])
        assert len(json.loads(page.provider.seen["creates"][-1].body)["prompt"]) == 100_000


def echoing(request):
    """What a provider may say that repeats the key which it was shown."""
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    said = {"message": f"the key {key} is refused"}
    return {
        "creates": [
            answer(401, said, f"X-Echo: {key}"),
            answer(422, said),
            answer(502, f"<title>{key}</title>"),
            answer(200, {"id": key, "status": key, "error": said}),
        ],
        "polls": [
            task("error", error=said),
            task(key, error=said, video={"url": f"https://{key}.invalid/"}),
        ],
        "files": [answer(404, key)],
    }


def order(page):
    told = page.call("submit", WAN, ORDER)
    return page.studio.wait(json.loads(told.rpartition("data: ")[2])[0]["id"], timeout=20)


@pytest.mark.fault(
    70,
    "a planted key, every feature and every error",
    "it is nowhere that can be read; the one address to share is a file's own, /takes/<token>/…",
)
@pytest.mark.parametrize("typed", ["", TYPED], ids=["operator's", "visitor's"])
def test_the_key_is_in_nothing_that_leaves_the_process(page, nothing_is_left, typed):
    page.type_key(typed)
    for kind in ("creates", "polls", "files"):
        for turn in range(4):
            usual = page.provider.scripts[kind]
            ended = [task("error", error={"message": "enough"})] if kind == "polls" else []

            def say(request, kind=kind, turn=turn):
                said = echoing(request)[kind]
                return said[turn % len(said)]

            page.provider.seen[kind].clear()
            page.provider.scripts[kind] = [say, *ended]
            order(page)
            page.provider.scripts[kind] = usual
    page.type_key("")
    done = order(page)
    assert done.state is State.COMPLETED
    page.call("submit", WAN, {"prompt": 7, "nonsense": [CANARY[:6]]})
    for name in ("models", "jobs", "estimate", "job", "cancel"):
        page.call(
            name,
            *{"estimate": [WAN, ORDER], "job": [done.id], "cancel": ["x"], "jobs": [20, None]}.get(
                name, []
            ),
        )
    for path in ("/", "/config", "/gradio_api/info", "/dailies/feed", "/nonsense"):
        page.ask("GET", path)
    clip = page.studio.file(done.token, "clip.mp4")
    written = [
        *page.heard,
        *nothing_is_left.lines,
        json.dumps(read_tags(clip)),
        *(
            path.read_bytes().decode("latin-1")
            for path in clip.parents[2].rglob("*")
            if path.is_file()
        ),
    ]
    assert len(page.heard) > 20
    for secret in (CANARY, TYPED):
        shown = [text.partition(secret) for text in written if secret in text]
        assert not [(before[-150:], after[:150]) for before, _, after in shown]


ROUTES = [
    ("GET", "/"),
    ("GET", "/config"),
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/call/submit"),
    ("POST", "/dailies/orders"),
    ("POST", "/dailies/keys"),
]


@pytest.mark.fault(71, "requests of another site, and from nowhere", "403; nothing is ordered")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_another_site_s_script_gets_nothing(page, origin, method, path):
    orders = page.provider.orders
    body = {"json": {"data": [WAN, ORDER, None, False]}} if path.endswith("submit") else {}
    answered = page.ask(method, path, headers={"Origin": origin}, **body)
    assert answered.status_code == 403
    assert page.provider.orders == orders


@pytest.mark.fault(71, "routes that the page does not use", "404")
@pytest.mark.parametrize(
    "path", ["/monitoring", "/gradio_api/deep_link", "/gradio_api/proxy=http://10.0.0.1/", "/login"]
)
def test_a_route_without_a_use_is_closed(page, path):
    assert page.ask("GET", path).status_code == 404


@pytest.mark.fault(82, "a job's or a file's name that is guessed", "404; it says no more")
def test_a_guessed_name_opens_nothing(page):
    assert page.ask("GET", "/takes/00000000000000000000000000000000/clip.mp4").status_code == 404
    assert page.ask("GET", "/takes/..%2F..%2F/jobs.db").status_code == 404
    assert page.ask("POST", "/dailies/jobs/0/cancel").status_code == 404


@pytest.mark.fault(
    21, "the same order with a broken value", "refused at its field; nothing is sent"
)
def test_a_broken_value_orders_nothing(studio, provider):
    with pytest.raises(InvalidInput):
        studio.submit(WAN, {"prompt": "", "num_frames": "many"})
    assert provider.orders == 0
