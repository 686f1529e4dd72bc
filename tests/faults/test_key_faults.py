"""Faults of keys: a stranger's, another account's, and words that are none."""

from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from provider import answer
from pydantic import SecretStr
from world import CANARY, assert_completed, assert_ended, task

from core.providers.protocol import State

pytestmark = pytest.mark.anyio

WORDS = ["completed", "generating", "task-1", "http://127.0.0.1", "generation_id", "/files/clip"]


@pytest.mark.fault(
    230,
    "a stranger's `key` is a word of the vendors' answers: completed, the start of an address",
    "another person's take completes: a line hides its own key, and reads what came",
)
async def test_a_stranger_s_word_hides_nothing_in_another_s_answers(world, new_job):
    job = new_job()
    async with AsyncExitStack() as lines:
        for word in WORDS:
            route = replace(world.route(job), key=SecretStr(word))
            await lines.enter_async_context(world.connections.connection(route))
        job = await world.carry(job)
    assert_completed(world, job)
    assert (job.generation_id, job.provider_status) == ("task-1", "completed")


async def test_a_word_as_one_s_own_key_changes_no_meaning(world, new_job):
    world.route = lambda job, route=world.route: replace(route(job), key=SecretStr("completed"))
    job = await world.carry(new_job())
    assert_completed(world, job)
    assert job.provider_status == "***"


@pytest.mark.fault(
    231, "the key comes back on the boundary where words are cut", "no part of the key is shown"
)
@pytest.mark.parametrize("before", [280, 299, 75])
async def test_no_part_of_a_key_survives_the_cut(world, new_job, before):
    message = "x" * (before - 1) + f" {CANARY} and more"
    world.script(creates=[answer(400, {"message": message})])
    job = await world.carry(new_job())
    assert_ended(world, job, State.FAILED, "rejected", charged="no", says="x", then="objects")
    assert CANARY[:8] not in job.error.provider_message


@pytest.mark.fault(232, "the key as a task's status, progress or error's place", "hidden there too")
async def test_a_key_in_any_place_is_hidden(world, new_job):
    error = {"detail": [{"loc": ["body", CANARY], "msg": f"flagged {CANARY}"}]}
    world.script(polls=[task(f"busy {CANARY}"), task("error", error=error)])
    job = await world.carry(new_job())
    assert job.state is State.FAILED
    assert CANARY not in repr(job)
