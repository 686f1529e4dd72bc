"""Faults of accounts: a job is its key's; another does not touch it, and it waits and says so."""

import asyncio
import time
from contextlib import contextmanager

import pytest
from provider import answer
from pydantic import SecretStr
from raw_server import CLOSE
from world import CANARY, KLING, WAN, task

from core import Clock, Settings, State, open_studio
from core.accounts.account_marks import AccountMarks

ORDER = {"prompt": "a fox", "num_frames": 18}
OTHER = "canary-of-another-account-77"


async def hurry(seconds):
    await asyncio.sleep(seconds * 0.02)


@contextmanager
def studio_on(folder, provider, key=None):
    settings = Settings(
        dailies_data_dir=folder / "data",
        aimlapi_base_url=provider.url,
        krea_base_url=provider.url,
        aimlapi_api_key=key and SecretStr(key),
        krea_api_key=key and SecretStr(key),
    )
    with open_studio(settings, clock=Clock(sleep=hurry)) as studio:
        yield studio


def until(condition, seconds=15.0):
    ends = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.01)
    return value


def asked_with(provider, key):
    every = [request for kind in ("polls", "logs", "cancels") for request in provider.seen[kind]]
    return [one for one in every if one.headers.get("authorization", "").endswith(key)]


def knows(provider, ended):
    """Let the provider know its task under the first key alone."""

    def poll(request):
        if not request.headers["authorization"].endswith(CANARY):
            return answer(404, {"message": "Inference not found"})
        return task("completed", video={"url": provider.clip_url}) if ended else task("generating")

    return poll


@pytest.mark.fault(
    237,
    "a key of another account is typed while a job runs",
    "it waits, and says so; not one question with the other key; completed with its own",
)
def test_another_account_s_key_does_not_touch_a_job(tmp_path, provider):
    ended = []
    provider.scripts["polls"] = [knows(provider, ended)]
    with studio_on(tmp_path, provider) as studio:
        studio.set_key("ann", "aimlapi", CANARY)
        job = studio.submit(WAN, ORDER, owner="ann")
        until(lambda: provider.seen["polls"])
        studio.set_key("ann", "aimlapi", OTHER)
        until(lambda: "ordered with another API key" in studio.job(job.id).note)
        assert studio.job(job.id).state is State.RUNNING
        ended.append(True)
        assert asked_with(provider, OTHER) == []
        studio.set_key("ann", "aimlapi", CANARY)
        assert studio.wait(job.id).state is State.COMPLETED
    assert provider.orders == 1


@pytest.mark.fault(
    238,
    "the operator's key is another one after a restart",
    "running jobs wait and say so; completed once the old key is back, or typed",
)
@pytest.mark.parametrize("back", ["settings", "typed"])
def test_the_operator_s_new_key_does_not_touch_what_the_old_one_ordered(tmp_path, provider, back):
    ended = []
    provider.scripts["polls"] = [knows(provider, ended)]
    with studio_on(tmp_path, provider, CANARY) as studio:
        job = studio.submit(WAN, ORDER)
        until(lambda: provider.seen["polls"])
    ended.append(True)
    with studio_on(tmp_path, provider, OTHER) as studio:
        note = until(lambda: studio.job(job.id).note)
        assert "AIMLAPI_API_KEY" in note
        assert studio.job(job.id).state is State.RUNNING
        assert asked_with(provider, OTHER) == []
        if back == "typed":
            studio.set_key("", "aimlapi", CANARY)
            assert studio.wait(job.id).state is State.COMPLETED
    if back == "settings":
        with studio_on(tmp_path, provider, CANARY) as studio:
            assert studio.wait(job.id).state is State.COMPLETED
    assert provider.orders == 1


@pytest.mark.fault(
    239,
    "a lost order, a cancelled and a failed take meet another account's key",
    "not looked for, not cancelled, not asked after with it; each says so",
)
def test_nothing_is_asked_of_another_account(tmp_path, provider):
    provider.scripts |= {
        "creates": [answer(200, {"job_id": "j", "status": "queued"})],
        "polls": [answer(200, {"job_id": "j", "status": "sampling"})],
    }
    with studio_on(tmp_path, provider) as studio:
        studio.set_key("ann", "krea", CANARY)
        job = studio.submit(KLING, {"prompt": "a fox"}, owner="ann")
        until(lambda: studio.job(job.id).generation_id)
        studio.set_key("ann", "krea", OTHER)
        until(lambda: "ordered with another" in studio.job(job.id).note)
        cancelled = studio.cancel(job.id, "ann")
        assert cancelled.state is State.CANCELLED
        assert "Krea was not asked" in cancelled.note
        assert studio.look_again(job.id, "ann").state is State.RUNNING
        until(lambda: "ordered with another" in studio.job(job.id).note)
        assert studio.job(job.id).state is State.RUNNING
    assert asked_with(provider, OTHER) == []
    assert provider.seen["cancels"] == []


def test_a_lost_order_is_looked_for_with_its_own_key(tmp_path, provider):
    provider.scripts["creates"] = [CLOSE]
    with studio_on(tmp_path, provider, CANARY) as studio:
        lost = studio.wait(studio.submit(WAN, ORDER).id)
        assert lost.state is State.UNCONFIRMED
    with studio_on(tmp_path, provider, OTHER) as studio:
        studio.look_again(lost.id)
        until(lambda: "ordered with another" in studio.job(lost.id).note)
    assert asked_with(provider, OTHER) == []


def test_a_mark_tells_keys_apart_and_nothing_of_them():
    ours, lost = AccountMarks(b"secret"), AccountMarks(b"another secret")
    mark = ours.mark("krea", SecretStr(f"{CANARY}\n"))
    assert CANARY not in mark
    assert not ours.is_another(mark, "krea", SecretStr(CANARY))
    assert ours.is_another(mark, "krea", SecretStr(OTHER))
    assert ours.is_another(mark, "aimlapi", SecretStr(CANARY))
    # Of a secret that is gone nothing can be told, and what nothing is told of is not held up.
    assert not lost.is_another(mark, "krea", SecretStr(OTHER))
    assert not ours.is_another(None, "krea", SecretStr(OTHER))
