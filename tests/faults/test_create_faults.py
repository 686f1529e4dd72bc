"""Faults of the paid request: whatever breaks, it is sent at most once that could be taken."""

import json
import re
import socket
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from provider import CutWhileReading, Silence, Trickle, answer
from pydantic import SecretStr
from raw_server import CLOSE, RESET
from world import (
    CANARY,
    KLING,
    TAKEN,
    WAN_VIDEO,
    assert_completed,
    assert_ended,
    padded,
    task,
)

from core.client.backoff import LONGEST_ASKED
from core.errors import MissingKey, Rejected, Unanswered
from core.models import find_model
from core.providers import PROVIDERS
from core.providers.protocol import State

pytestmark = pytest.mark.anyio

AGAIN = "Look for it at the provider again, enter its generation id by hand, or order it anew."


def is_unconfirmed(world, job, says="does not show it"):
    assert_ended(
        world, job, State.UNCONFIRMED, "unanswered", charged="unknown", says=says, then=AGAIN
    )
    assert world.shown(job)["cost"] is None


def log_shows(world):
    """Let the provider's log show the order that came."""

    def log(request):
        ours = world.provider.seen["creates"][0].headers["x-client-request-id"]
        return answer(200, {"data": [{"inference_id": "task-1", "client_request_id": ours}]})

    world.script(logs=[log])


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.fault(1, "port closed, or the name is unknown", "failed · unreachable · free")
@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
async def test_a_provider_that_cannot_be_reached_costs_nothing(world, carry, host):
    world.orders = 0
    world.route = lambda job, route=world.route: replace(
        route(job), base_url=f"http://{host}:{unused_port()}"
    )
    job = await carry()
    assert_ended(
        world, job, State.FAILED, "unreachable", charged="no", says="reached", then="network"
    )
    assert world.clock.slept == [0.25, 0.5]
    assert world.shown(job)["cost"]["amount"] == 0


@pytest.mark.fault(
    2, "the connection, or its TLS handshake, times out", "failed · unreachable · free"
)
async def test_a_handshake_that_never_ends_costs_nothing(world, carry):
    world.orders = 0
    world.limits = {"connect": 0.1}
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        world.route = lambda job, route=world.route: replace(
            route(job), base_url=f"https://127.0.0.1:{port}"
        )
        job = await carry()
    assert_ended(
        world, job, State.FAILED, "unreachable", charged="no", says="reached", then="network"
    )
    assert world.clock.slept == [0.25, 0.5]


LOST = {
    "reset": RESET,
    "close": CLOSE,
    "silence": Silence(),
    "half": (
        b'HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"id": "task-9", "sta',
        RESET,
    ),
}


@pytest.mark.fault(
    3, "RST after the order was read", "unconfirmed after a look-up · unanswered · unknown"
)
@pytest.mark.fault(4, "FIN without a byte", "unconfirmed after a look-up · unanswered · unknown")
@pytest.mark.fault(
    5, "the server stays silent", "unconfirmed after a look-up · unanswered · unknown"
)
@pytest.mark.fault(
    6,
    "half an answer with a readable id, then RST",
    "unconfirmed after a look-up · unanswered · unknown; the id is not trusted",
)
@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
async def test_a_lost_answer_is_looked_for_and_the_order_not_sent_again(world, carry, lost):
    world.limits = {"silence": 0.2}
    world.script(creates=[lost])
    job = await carry()
    is_unconfirmed(world, job)
    assert job.generation_id is None
    assert len(world.provider.seen["logs"]) == 5


@pytest.mark.fault(3, "the same, and the provider's log shows the order", "completed; one order")
@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
async def test_a_lost_answer_that_is_found_at_the_provider_goes_on(world, carry, lost):
    world.limits = {"silence": 0.2}
    world.script(creates=[lost])
    log_shows(world)
    job = await carry()
    assert_completed(world, job)
    assert job.generation_id == "task-1"


@pytest.mark.fault(
    7, "RST while 20 MB of source go out with the order", "unconfirmed · unanswered · unknown"
)
async def test_an_order_cut_off_while_it_goes_out_may_have_been_taken(
    world, carry, clip_bytes, tmp_path
):
    world.orders = 0  # none was read whole, and yet nobody here can know that
    source = tmp_path / "source.mp4"
    source.write_bytes(padded(clip_bytes, 15 * 2**20))
    world.script(creates=[CutWhileReading(200_000)])
    job = await carry(WAN_VIDEO, params={"prompt": "a fox", "video_url": str(source)})
    is_unconfirmed(world, job)


@pytest.mark.fault(
    7, "RST while a source is uploaded before the order", "failed · unreachable · free"
)
async def test_an_upload_cut_off_before_the_order_costs_nothing(world, carry, clip_bytes, tmp_path):
    world.orders = 0
    source = tmp_path / "source.mp4"
    source.write_bytes(padded(clip_bytes, 4 * 2**20))
    world.script(uploads=[CutWhileReading(200_000)])
    job = await carry(KLING, params={"prompt": "a fox", "start_video": str(source)})
    assert_ended(
        world, job, State.FAILED, "unreachable", charged="no", says="reached", then="network"
    )


class Replaying:
    """AI/ML API as it would be with two promises more, which some vendors make."""

    def __init__(self, **facts):
        self.facts = {"replays": "Idempotency-Key", **facts}

    def __getattr__(self, name):
        return self.facts[name] if name in self.facts else getattr(PROVIDERS["aimlapi"], name)


def keys_of(world):
    return {request.headers["idempotency-key"] for request in world.provider.seen["creates"]}


@pytest.mark.fault(
    8, "answer lost at an API that replays by key", "completed; same key, same bytes, one bill"
)
async def test_where_the_api_replays_the_order_goes_out_again_with_the_same_key(world, carry):
    world.vendor, world.orders = Replaying(), 2
    world.script(creates=[RESET, answer(201, TAKEN)])
    job = await carry()
    assert_completed(world, job)
    first, again = world.provider.seen["creates"]
    assert first.body == again.body
    assert keys_of(world) == {job.request_id}


@pytest.mark.fault(
    9, "same key: 409, the first is still under way", "completed after the wait it asked for"
)
async def test_an_order_under_way_is_waited_for(world, carry):
    world.vendor, world.orders = Replaying(), 3
    busy = answer(409, {"message": "in progress"}, "Retry-After: 3")
    world.script(creates=[RESET, busy, answer(201, TAKEN)])
    job = await carry()
    assert_completed(world, job)
    assert 3.0 in world.clock.slept
    assert keys_of(world) == {job.request_id}


@pytest.mark.fault(
    9, "409 without a lost answer before", "failed · rejected · free; not sent again"
)
async def test_a_conflict_with_nothing_before_it_is_a_refusal(world, carry):
    world.vendor = Replaying()
    world.script(creates=[answer(409, {"message": "in progress"})])
    job = await carry()
    assert_ended(
        world, job, State.FAILED, "rejected", charged="no", says="in progress", then="objects"
    )


@pytest.mark.fault(10, "same key: 422, reuse refused", "unconfirmed; the first error stands")
async def test_a_refused_key_does_not_hide_the_first_error(world, carry, new_job):
    refused = answer(422, {"message": "key reused"})
    world.vendor, world.orders = Replaying(), 4
    world.script(creates=[RESET, refused, RESET, refused])
    is_unconfirmed(world, await carry())
    job = new_job()
    async with world.connections.connection(world.route(job)) as line:
        with pytest.raises(Unanswered) as caught:
            await line.client.create(find_model(job.model), job.params, job.request_id)
    assert isinstance(caught.value.__cause__, Rejected)


@pytest.mark.fault(11, "429 with Retry-After: 2", "completed; waits 2 s; one order taken")
async def test_an_order_that_is_turned_away_waits_as_asked(world, carry):
    world.orders = 2
    world.script(creates=[answer(429, {"message": "busy"}, "Retry-After: 2"), answer(200, TAKEN)])
    job = await carry()
    assert_completed(world, job)
    assert world.clock.slept[0] == 2.0


NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

VECTORS = {
    "Retry-After: 7": 7.0,
    "Retry-After: 0": None,
    "Retry-After: -1": None,
    "Retry-After: inf": None,
    "Retry-After: NaN": None,
    "Retry-After: 1e999": None,
    f"Retry-After: {'9' * 400}": None,
    "Retry-After: soon": None,
    "retry-after-ms: 1500": 1.5,
    "Retry-After: Fri, 20 Nov 2026 12:00:30 GMT": 30.0,
    "Retry-After: Fri, 20 Nov 2020 12:00:30 GMT": None,
    "Retry-After: Fri, 99 Nov 100000 12:00:30 GMT": None,
}


@pytest.mark.fault(
    12, "429 with twelve kinds of Retry-After", "completed; never a negative or endless wait"
)
async def test_whatever_a_provider_asks_for_is_a_wait_with_sense(world, new_job):
    world.orders = 0
    for header, wait in VECTORS.items():
        world.orders += 2
        world.provider.seen["polls"].clear()
        world.script(
            creates=[answer(429, {"message": "busy"}, header), answer(200, TAKEN)] * len(VECTORS),
            polls=[task("error", error={"message": "enough"})],
        )
        world.clock.slept.clear()
        world.clock.now = NOON
        job = await world.carry(new_job())
        assert job.error.kind == "generation_failed", header
        assert world.clock.slept[0] == (0.25 if wait is None else wait), header
        assert all(0 <= slept <= LONGEST_ASKED for slept in world.clock.slept), header


@pytest.mark.fault(
    13, "429 with Retry-After: 3600", "failed · rate_limited · free; quoted, not waited for"
)
async def test_an_hour_is_quoted_and_not_waited_for(world, carry):
    world.script(creates=[answer(429, {"message": "busy"}, "Retry-After: 3600")])
    job = await carry()
    assert_ended(
        world,
        job,
        State.FAILED,
        "rate_limited",
        charged="no",
        says="busy",
        then="AI/ML API asks to wait 60 minutes",
    )
    assert world.clock.slept == []


PAGE = (
    f"<html><head><title>{CANARY} {'Bad gateway ' * 20}</title></head>"
    "<body><b>raw page</b></body></html>"
)


@pytest.mark.fault(
    14, "500, 502, 504, 520 to 527 with a page", "unconfirmed · unanswered · unknown; title only"
)
@pytest.mark.parametrize("status", [500, 502, 504, *range(520, 528)])
async def test_a_broken_gateway_may_have_passed_the_order_on(world, carry, status):
    world.script(creates=[answer(status, PAGE)])
    job = await carry()
    is_unconfirmed(world, job, says="Bad gateway")
    assert len(job.error.provider_message) <= 80
    assert "raw page" not in json.dumps(world.shown(job))


@pytest.mark.fault(
    15, "503 that the API documents as not taken", "completed after at most two re-sends"
)
async def test_a_status_that_means_not_taken_is_sent_again(world, carry):
    world.vendor, world.orders = Replaying(replays=None, turned_away=frozenset({429, 503})), 3
    world.script(creates=[answer(503), answer(503, "", "Retry-After: 5"), answer(200, TAKEN)])
    job = await carry()
    assert_completed(world, job)
    assert world.clock.slept[:2] == [0.25, 5.0]


@pytest.mark.fault(15, "503 where nothing is documented of it", "unconfirmed; one order")
async def test_a_503_of_either_vendor_is_no_proof(world, carry):
    assert not any(provider.replays for provider in PROVIDERS.values())
    assert all(provider.turned_away == {429} for provider in PROVIDERS.values())
    world.script(creates=[answer(503)])
    is_unconfirmed(world, await carry())


ECHO = f"the key {CANARY} may not"


@pytest.mark.fault(
    16, "400 or 422 with a reason", "failed · rejected · free; its words, key hidden"
)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"message": f"seed: {ECHO} be whole"}),
        (422, {"detail": [{"loc": ["body", "seed"], "msg": f"{ECHO} be whole" + "!" * 400}]}),
    ],
)
async def test_a_refusal_is_told_in_the_provider_s_words(world, carry, status, body):
    world.script(creates=[answer(status, body)])
    job = await carry()
    says = "seed: the key *** may not be whole"
    assert_ended(world, job, State.FAILED, "rejected", charged="no", says=says, then="objects")


@pytest.mark.fault(17, "401 or 403", "failed · unauthorized · free; the key is hidden")
@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_named_and_not_shown(world, carry, status):
    escaped = json.dumps({"message": ECHO}).replace("-", "\\u002d")
    world.script(creates=[answer(status, escaped, f"X-Echo: {CANARY}")])
    job = await carry()
    assert_ended(
        world, job, State.FAILED, "unauthorized", charged="no", says="the key ***", then="Keys"
    )


@pytest.mark.fault(18, "402, or 403 for want of credit", "failed · out_of_credit · free")
@pytest.mark.parametrize(
    ("model", "status", "body"),
    [
        (KLING, 402, {"error": "Payment required"}),
        ("", 403, {"error": {"data": {"kind": "err_insufficent_credits"}}}),
    ],
)
async def test_an_empty_account_is_called_so(world, carry, model, status, body):
    world.script(creates=[answer(status, body)])
    job = await (carry(model, params={"prompt": "x"}) if model else carry())
    assert_ended(
        world, job, State.FAILED, "out_of_credit", charged="no", says="cannot pay", then="Top up"
    )


@pytest.mark.fault(
    19, "200 with a web page", "unconfirmed · unanswered · unknown; never taken for OK"
)
async def test_a_page_is_no_answer(world, carry):
    world.script(creates=[answer(200, "<html><title>Just a moment...</title></html>")])
    is_unconfirmed(world, await carry())


@pytest.mark.fault(20, "200 with {}, no id, or one that cannot be asked after", "unconfirmed")
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"id": None, "status": "queued"},
        {"id": 1.5, "status": "queued"},
        {"id": True, "status": "queued"},
        {"id": "../../x", "status": "queued"},
        {"id": "x" * 300, "status": "queued"},
        {"id": CANARY, "status": "queued"},
    ],
    ids=str,
)
async def test_an_id_that_cannot_be_asked_after_is_none(world, carry, body):
    world.script(creates=[answer(200, body)])
    is_unconfirmed(world, await carry())


# A number is an id that a vendor wrote without quotes: to refuse it would lose a paid task.
@pytest.mark.fault(
    20,
    "200 with a number as the id, or slashes in it",
    "completed; taken as the text it is, since the task is paid for; it travels encoded",
)
@pytest.mark.parametrize("given", [12345, 2**63, "67b6:krea/krea-wan-14b/text-to-video"])
async def test_an_odd_id_that_can_be_asked_after_is_used(world, carry, given):
    world.script(creates=[answer(200, {"id": given, "status": "queued"})])
    job = await carry()
    assert_completed(world, job)
    assert job.generation_id == str(given)
    asked = world.provider.seen["polls"][0].path
    assert re.search(r"generation_id=[\w%.-]+$", asked)
    assert unquote(asked).endswith(f"generation_id={given}")


@pytest.mark.fault(22, "crash between the row and the order", "unconfirmed; nothing is ordered")
async def test_a_job_that_was_about_to_be_ordered_is_not_ordered_by_itself(world, carry, clock):
    world.orders = 0
    is_unconfirmed(world, await carry(state=State.SUBMITTING, submitted_at=clock.now))


@pytest.mark.fault(
    23, "crash between the answer and the row", "completed; found in the provider's log"
)
async def test_an_order_whose_answer_a_crash_swallowed_is_found(world, new_job):
    world.script(creates=[Silence(0.2)])
    job = await world.carry_until(new_job(), lambda: world.provider.orders)
    assert job.state is State.SUBMITTING
    log_shows(world)
    assert_completed(world, await world.carry(job))


@pytest.mark.fault(73, "an answer without an end", "unconfirmed · unanswered · unknown")
@pytest.mark.parametrize(
    "endless",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + b'{"id": "task-1", "x": "' + b"x" * 2**21,
        b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 20_000,
        Trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b" " * 1000, 0.02),
    ],
    ids=["body", "headers", "drop by drop"],
)
async def test_an_answer_that_never_ends_is_a_lost_one(world, carry, endless):
    world.limits = {"order": 0.4}
    world.script(creates=[endless])
    is_unconfirmed(world, await carry())


@pytest.mark.fault(
    74,
    "a key with a line's end, or with letters that no header carries",
    "sent without its end; or waits for a key",
)
async def test_a_key_that_no_header_can_carry_waits_for_another(world, new_job):
    route = world.route
    job = new_job()
    for odd in (f"{CANARY}\u2028x", f"ключ {CANARY}", f"{CANARY}\r\nX-Evil: 1"):
        world.route = lambda job, odd=odd: replace(route(job), key=SecretStr(odd))
        with pytest.raises(MissingKey):
            await world.carry(job)
        job = world.store.get(job.id)
        assert (job.state, job.error) == (State.QUEUED, None)
        assert "enter it again under Keys" in job.note
    world.route = lambda job: replace(route(job), key=SecretStr(f" {CANARY}\r\n"))
    assert_completed(world, await world.carry(job))


@pytest.mark.fault(75, "a base address without its scheme", "failed · unreachable · free")
async def test_an_address_that_is_none_is_never_said_to_be_charged(world, carry):
    world.orders = 0
    route = world.route
    world.route = lambda job: replace(route(job), base_url="localhost:1")
    job = await carry()
    assert_ended(
        world, job, State.FAILED, "unreachable", charged="no", says="reached", then="network"
    )


@pytest.mark.fault(
    83,
    "two lost orders, and a list that tells the time alone",
    "both unconfirmed; neither gets the other's clip",
)
async def test_of_two_lost_orders_neither_takes_the_other_s_task(world, new_job, clock):
    world.orders = 2
    made = {"job_id": "task-1", "created_at": clock.now.isoformat()}
    world.script(creates=[RESET], logs=[answer(200, {"items": [made]})])
    jobs = [new_job(KLING, params={"prompt": "a fox"}, owner=owner) for owner in ("ann", "bob")]
    await world.carry_until(jobs[0], lambda: world.provider.orders)
    for job in jobs[::-1]:
        is_unconfirmed(world, await world.carry(job))
        assert world.store.get(job.id).generation_id is None
