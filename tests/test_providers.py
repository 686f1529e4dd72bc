"""Every answer that a vendor was seen or documented to send is understood; each is a file."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import Unintelligible
from core.models import MODELS
from core.providers import PROVIDERS
from core.providers.protocol import Order, Phase, Reply

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*/*.json"))


def load(path):
    sample = json.loads(path.read_text())
    text = sample.get("text") if "body" not in sample else json.dumps(sample["body"])
    reply = Reply(
        status=sample["status"],
        headers=sample.get("headers", {}),
        body=sample.get("body"),
        text=text,
    )
    return PROVIDERS[path.parent.name], reply, sample["expect"]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_answer_is_understood(path):
    provider, reply, expect = load(path)
    if "error" in expect:
        refused = provider.refusal(reply)
        assert (refused.kind, refused.provider_message) == (expect["error"], expect["message"])
        assert expect.get("sentence", "") in str(refused)
        assert provider.label in str(refused)
    elif "unintelligible" in expect:
        with pytest.raises(Unintelligible):
            provider.read(reply)
    else:
        snapshot = provider.read(reply)
        assert snapshot.generation_id == expect["id"]
        assert snapshot.phase == Phase(expect["phase"])
        assert snapshot.usage == expect.get("usage", {})
        for name, field in (("url", "video_url"), ("message", "message"), ("status", "status")):
            if name in expect:
                assert getattr(snapshot, field) == expect[name]


def test_every_provider_has_samples_of_success_failure_and_refusal():
    for provider in PROVIDERS:
        expects = [load(path)[2] for path in SAMPLES if path.parent.name == provider]
        phases = {expect.get("phase") for expect in expects}
        assert {"waiting", "working", "done", "failed", "cancelled"} <= phases
        assert any("error" in expect for expect in expects)


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_an_order_carries_the_request_id_and_exactly_the_given_values(spec):
    values = {"prompt": "a fox", "seed": 7}
    call = PROVIDERS[spec.provider].create(spec, values, "dailies-1")
    assert call.method == "POST"
    assert call.path == spec.path
    assert call.headers["X-Client-Request-Id"] == "dailies-1"
    assert {name: call.json[name] for name in values} == values
    assert set(call.json) - set(values) <= {"model"}


def test_an_id_with_slashes_stays_one_path_segment_at_krea():
    krea = PROVIDERS["krea"]
    assert krea.poll(MODELS["krea:kling/kling-2.5"], "a/b c").path == "/jobs/a%2Fb%20c"
    assert krea.cancel("a/b").path == "/jobs/a%2Fb"


def test_wan_is_asked_after_on_the_legacy_address_it_was_ordered_at():
    wan = MODELS["aimlapi:wan/v2.1/1.3b/text-to-video"]
    call = PROVIDERS["aimlapi"].poll(wan, "x")
    assert (call.path, call.query) == (wan.path, {"generation_id": "x"})


SENT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ORDER = Order(request_id="dailies-1", sent_at=SENT, model_id="m")


def test_a_lost_order_is_found_in_the_usage_log_by_its_request_id():
    rows = [
        {"inference_id": "other", "client_request_id": None},
        {"inference_id": "ours", "client_request_id": "dailies-1"},
        "nonsense",
    ]
    reply = Reply(status=200, headers={}, body={"data": rows}, text="")
    assert PROVIDERS["aimlapi"].found(ORDER, reply) == ["ours"]


def test_the_usage_log_is_read_page_by_page_up_to_a_limit():
    provider = PROVIDERS["aimlapi"]
    assert [provider.find(ORDER, page).query["offset"] for page in range(5)] == [
        "0",
        "100",
        "200",
        "300",
        "400",
    ]
    assert provider.find(ORDER, 5) is None


def test_a_lost_order_is_found_in_krea_s_list_by_its_moment():
    items = [
        {"job_id": "late", "created_at": "2026-11-20T12:09:00Z"},
        {"job_id": "ours", "created_at": "2026-11-20T12:00:02.120Z"},
        {"job_id": "early", "created_at": "2026-11-20T11:50:00+00:00"},
        {"job_id": "odd", "created_at": None},
    ]
    reply = Reply(status=200, headers={}, body={"items": items}, text="")
    assert PROVIDERS["krea"].found(ORDER, reply) == ["ours"]


@pytest.mark.parametrize("body", [None, [], {}, {"data": None, "items": 3}])
def test_a_list_that_cannot_be_read_holds_nothing(body):
    reply = Reply(status=200, headers={}, body=body, text="")
    assert [list(p.found(ORDER, reply)) for p in PROVIDERS.values()] == [[], []]
