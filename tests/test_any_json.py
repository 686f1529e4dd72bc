"""Whatever JSON, and whatever is none, is thrown at our routes and Gradio's API: never a 500."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served_page import served_page

from core import MODELS

WAN, WAN_VIDEO = list(MODELS)[:2]
ROUTES = {
    "/dailies/orders": {"model": WAN, "params": {"prompt": "x"}, "key": "k", "confirmed": True},
    "/dailies/code": {"model": WAN, "params": {"prompt": "x"}},
    "/dailies/estimate": {"model": WAN, "params": {"prompt": "x"}},
    "/dailies/keys": {"provider": "krea", "key": ""},
    "/dailies/catalog/import": {"title": "x", "x-dailies-provider": "krea"},
    "/dailies/jobs/x/adopt": {"generation_id": "x"},
    "/dailies/jobs/x/cancel": {},
    "/dailies/jobs/x/look-again": {},
    "/dailies/jobs/x/gif": {"width": 320, "fps": 8},
    "/gradio_api/run/submit": {"data": [WAN, {"prompt": "x"}]},
    "/gradio_api/run/submit_once": {"data": [WAN, {"prompt": "x"}, "key", True]},
    "/gradio_api/run/estimate": {"data": [WAN, {"prompt": "x"}]},
    "/gradio_api/run/job": {"data": ["x"]},
    "/gradio_api/run/jobs": {"data": [5, None]},
    "/gradio_api/run/cancel": {"data": ["x"]},
    "/gradio_api/call/submit": {"data": [WAN, {"prompt": "x"}]},
    "/gradio_api/call/v2/jobs": {"limit": 5},
    "/gradio_api/call/v2/nothing": {},
    "/gradio_api/call/v2/submit": {"model": WAN, "params": {"prompt": "x"}},
}

ODD = [
    *['"\\ud83d"', '"\\u0000"', "1" + "0" * 400, "9" * 5000, "1e999", "-1e999", "NaN", "-0"],
    *["[" * 20_000 + "]" * 20_000, '{"a":' * 300 + "1" + "}" * 300, '{"\\udfff": 1}'],
    *["true", "null", '""', "[]", "{}", '"0001-01-01T00:00:00+14:00"', '"x"', "[[]]", "{"],
    *[json.dumps({"path": "/etc/hostname"}), json.dumps({"path": "\0"}), json.dumps("x" * 9000)],
    *[json.dumps({"path": "x" * 9000}), json.dumps([{"url": "http://["}, {"path": ["x"]}])],
]
NAMES = ["prompt", "seed", "num_frames", "video_url", "strength", "aspect_ratio", "none", "\ud83d"]

plain = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=9)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), inner, max_size=3),
    ),
    max_leaves=8,
).map(json.dumps)
anything = st.one_of(st.sampled_from(ODD), plain)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("json")
    chosen = {"dailies_trusted_proxies": "127.0.0.1", "dailies_visitors": "together"}
    with (
        served_page(folder, **chosen) as (_, address),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client


def paths(value, above=()):
    """Every place in a body, the whole of it first."""
    yield above
    parts = value.items() if isinstance(value, dict) else ()
    for name, inner in enumerate(value) if isinstance(value, list) else parts:
        yield from paths(inner, (*above, name))


def changed(value, path, odd):
    """The body as text, with something else at one place of it."""
    if not path:
        return odd
    first, *rest = path
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    written = {
        name: changed(inner, rest, odd) if name == first else json.dumps(inner)
        for name, inner in parts
    }
    if isinstance(value, list):
        return f"[{','.join(written.values())}]"
    return f"{{{','.join(f'{json.dumps(name)}:{inner}' for name, inner in written.items())}}}"


def ok_or_said(client, path, text, number):
    caller = f"11.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    headers = {"Content-Type": "application/json", "X-Forwarded-For": caller}
    answer = client.post(path, content=text.encode("utf-8", "surrogatepass"), headers=headers)
    assert answer.status_code < 500, answer.text[:300]
    if answer.status_code == 400:
        assert answer.json()["error"] or answer.json()["problems"]


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), number=st.integers(0, 2**24 - 1))
def test_whatever_json_comes_to_whatever_route_there_is_no_500(client, data, number):
    path = data.draw(st.sampled_from(sorted(ROUTES)))
    body = ROUTES[path]
    if "params" in body and data.draw(st.booleans()):
        body = body | {"params": body["params"] | {data.draw(st.sampled_from(NAMES[:-1])): None}}
    place = data.draw(st.sampled_from(sorted(paths(body), key=str)))
    ok_or_said(client, path, changed(body, place, data.draw(anything)), number)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(["since", "hold", "before", "visit", "day", "search"]),
    value=st.one_of(
        st.sampled_from(["\0", "0001-01-01T00:00:00+14:00", "9" * 400, "%", "٣", "²", "-1", "1e9"]),
        st.text(max_size=12),
    ),
)
def test_whatever_is_asked_of_the_feed_there_is_no_500(client, name, value):
    # Only a feed that is asked for news is held back.
    hold = {} if name in ("since", "hold") else {"since": "-1"}
    answer = client.get("/dailies/feed", params={**hold, name: value})
    assert answer.status_code in (200, 400)
