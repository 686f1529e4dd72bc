"""What is sent again and what never is, and what each failure is called."""

import json
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr
from raw_server import CLOSE, RESET, http, raw_server

from core.client import Client, Route, connect
from core.client.backoff import asked_wait
from core.errors import (
    NotFound,
    OutOfCredit,
    RateLimited,
    Rejected,
    Unanswered,
    Unauthorized,
    Unavailable,
    Unintelligible,
    Unreachable,
)
from core.models import MODELS
from core.providers import PROVIDERS
from core.providers.protocol import Order, Phase

pytestmark = pytest.mark.anyio

WAN = MODELS["aimlapi:krea/krea-wan-14b/text-to-video"]
KLING = MODELS["krea:kling/kling-2.5"]
PROMPT = {"prompt": "a fox"}
TAKEN = {"id": "t", "status": "queued"}


@asynccontextmanager
async def answering(clock, *answers, provider="aimlapi"):
    """A client whose every request gets the next of `answers`, and the requests it made."""
    seen = []

    def answer(request):
        seen.append(request)
        given = answers[min(len(seen), len(answers)) - 1]
        if isinstance(given, Exception):
            raise given
        status, body, *headers = given
        content = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(status, content=content, headers=dict(headers))

    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.test") as http_client:
        yield Client(PROVIDERS[provider], http_client, clock=clock.as_clock), seen


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_any_2xx_is_a_taken_order(clock, status):
    async with answering(clock, (status, TAKEN)) as (client, seen):
        taken = await client.create(WAN, PROMPT, "dailies-1")
    assert taken.generation_id == "t"
    assert seen[0].headers["x-client-request-id"] == "dailies-1"
    assert json.loads(seen[0].content) == {"model": WAN.id, "prompt": "a fox"}


@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadTimeout("silent"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset while sending"),
        httpx.RemoteProtocolError("garbage"),
        (500, "broken"),
        (502, "<html><title>502 Bad Gateway</title></html>"),
        (503, {"message": "later"}),
        (504, ""),
        (524, "error code: 524"),
        (408, ""),
        (200, "<html>Just a moment...</html>"),
        (200, {}),
        (200, [1]),
        (200, {"id": None, "status": "queued"}),
        (200, {"id": "../../x", "status": "queued"}),
        (201, '{"id": "half'),
    ],
    ids=str,
)
async def test_an_order_whose_outcome_is_unknown_is_sent_once_and_called_so(clock, lost):
    async with answering(clock, lost, (200, TAKEN)) as (client, seen):
        with pytest.raises(Unanswered, match="may have been taken") as caught:
            await client.create(WAN, PROMPT, "dailies-1")
    assert len(seen) == 1
    assert caught.value.charged == "unknown"


@pytest.mark.parametrize(
    "never_sent",
    [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("")],
)
async def test_an_order_that_never_left_is_sent_again(clock, never_sent):
    async with answering(clock, never_sent, never_sent, (200, TAKEN)) as (client, seen):
        assert (await client.create(WAN, PROMPT, "dailies-1")).generation_id == "t"
    assert len(seen) == 3
    assert clock.slept == [0.25, 0.5]


async def test_an_order_that_never_can_leave_is_given_up_and_free(clock):
    async with answering(clock, httpx.ConnectError("refused")) as (client, seen):
        with pytest.raises(Unreachable) as caught:
            await client.create(WAN, PROMPT, "dailies-1")
    assert len(seen) == 3
    assert caught.value.charged == "no"


async def test_a_turned_away_order_waits_as_asked_and_goes_again(clock):
    busy = (429, {"message": "busy"}, ("Retry-After", "2"))
    async with answering(clock, busy, (200, TAKEN)) as (client, seen):
        await client.create(WAN, PROMPT, "dailies-1")
    assert (len(seen), clock.slept) == (2, [2.0])


async def test_a_provider_that_asks_for_an_hour_is_quoted_and_not_waited_for(clock):
    busy = (429, {"message": "busy"}, ("Retry-After", "3600"))
    async with answering(clock, busy) as (client, seen):
        with pytest.raises(RateLimited):
            await client.create(WAN, PROMPT, "dailies-1")
    assert (len(seen), clock.slept) == (1, [])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, {"message": ["seed must be whole"]}), Rejected),
        ((401, {"message": "no"}), Unauthorized),
        ((403, {"error": {"data": {"kind": "err_insufficent_credits"}}}), OutOfCredit),
        ((404, {"message": "no"}), NotFound),
        ((422, {"detail": [{"loc": ["body"], "msg": "no"}]}), Rejected),
        ((302, ""), Unavailable),
        ((200, {"id": "", "status": "unknown", "error": {"message": "no"}}), Rejected),
    ],
    ids=str,
)
async def test_a_refused_order_is_not_sent_again_and_free(clock, answer, kind):
    async with answering(clock, answer) as (client, seen):
        with pytest.raises(kind) as caught:
            await client.create(WAN, PROMPT, "dailies-1")
    assert len(seen) == 1
    assert caught.value.charged == "no"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((200, "<html>busy</html>"), Unintelligible),
        ((200, '{"id": "t", "sta'), Unintelligible),
        ((200, "x" * (2**20 + 1)), Unreachable),
        ((500, ""), Unavailable),
        (httpx.ReadTimeout("silent"), Unreachable),
        ((404, {"message": "Inference not found"}), NotFound),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_question_that_fails_says_how_and_is_left_to_the_caller(clock, answer, kind):
    async with answering(clock, answer) as (client, seen):
        with pytest.raises(kind):
            await client.poll(WAN, "t")
    assert len(seen) == 1


async def test_an_id_travels_encoded(clock):
    async with answering(clock, (200, TAKEN)) as (client, seen):
        await client.poll(WAN, "67b6:krea/krea-wan-14b/text-to-video&x=1")
    assert seen[0].url.params["generation_id"] == "67b6:krea/krea-wan-14b/text-to-video&x=1"


@pytest.mark.parametrize(
    ("status", "stopped"), [(200, True), (204, True), (404, False), (400, False)]
)
async def test_a_cancel_says_whether_the_provider_stopped_the_task(clock, status, stopped):
    async with answering(clock, (status, ""), provider="krea") as (client, seen):
        assert await client.cancel("t") is stopped
    assert (seen[0].method, seen[0].url.path) == ("DELETE", "/jobs/t")


async def test_a_provider_without_cancel_is_not_asked(clock):
    async with answering(clock, (200, {})) as (client, seen):
        assert await client.cancel("t") is False
    assert seen == []


async def test_a_lost_order_is_looked_for_page_by_page(clock):
    more = {"data": [], "pagination": {"has_more": True}}
    row = {"inference_id": "ours", "client_request_id": "dailies-1"}
    hit = {"data": [row], "pagination": {"has_more": True}}
    order = Order(request_id="dailies-1", sent_at=clock.now, model_id=WAN.id)
    async with answering(clock, (200, more), (200, hit)) as (client, seen):
        assert await client.find(order) == ["ours"]
    assert [request.url.params["offset"] for request in seen] == ["0", "100"]


async def test_a_file_is_handed_to_krea_as_multipart(clock, tmp_path):
    file = tmp_path / "a.png"
    file.write_bytes(b"picture")
    answer = (200, {"id": "1", "image_url": "https://assets.test/a.png"})
    async with answering(clock, answer, provider="krea") as (client, seen):
        assert await client.upload(file) == "https://assets.test/a.png"
    assert b'filename="a.png"' in seen[0].content
    assert b"picture" in seen[0].content


@pytest.mark.parametrize(
    "answer", [RESET, CLOSE, b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"]
)
async def test_an_answer_lost_on_a_real_socket_is_one_order_at_the_provider(clock, answer):
    with raw_server(answer) as server:
        route = Route(provider=PROVIDERS["aimlapi"], key=SecretStr("k-123"), base_url=server.url)
        async with connect(route, clock=clock.as_clock) as line:
            with pytest.raises(Unanswered):
                await line.client.create(WAN, PROMPT, "dailies-1")
    assert server.count("POST") == 1
    assert b"authorization: bearer k-123" in server.requests[0].lower()


async def test_a_task_is_followed_over_a_real_socket(clock):
    body = json.dumps({"job_id": "j", "status": "sampling"}).encode()
    with raw_server(http("200 OK", body)) as server:
        route = Route(provider=PROVIDERS["krea"], key=SecretStr("k"), base_url=server.url)
        async with connect(route, clock=clock.as_clock) as line:
            assert (await line.client.poll(KLING, "j")).phase is Phase.WORKING
    assert server.requests[0].startswith(b"GET /jobs/j HTTP/1.1")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 20 Nov 2020 12:00:30 GMT"}, 0.0),
        (
            {
                "retry-after": "Fri, 20 Nov 2026 18:00:30 GMT",
                "date": "Fri, 20 Nov 2026 18:00:00 GMT",
            },
            30.0,
        ),
        ({"retry-after": "Fri, 99 Nov 100000 12:00:30 GMT"}, None),
    ],
)
async def test_what_an_answer_asks_for_is_read_with_sense(clock, headers, wait):
    assert asked_wait(headers, clock.now) == wait
