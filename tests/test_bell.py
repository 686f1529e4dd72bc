"""The bell: heard in time, by those whom it concerns, from any thread."""

import asyncio
import threading

import pytest

from core.jobs.notifier import Bell

pytestmark = pytest.mark.anyio


async def test_whoever_listens_is_woken_from_another_thread():
    bell = Bell()
    with bell.listening("ann") as rung:
        threading.Thread(target=bell.ring, args=("ann",)).start()
        await asyncio.wait_for(rung.wait(), 2)


async def test_another_person_s_news_wakes_nobody():
    bell = Bell()
    with bell.listening("ann") as rung:
        bell.ring("ben")
        await asyncio.sleep(0.01)
        assert not rung.is_set()


async def test_every_page_of_a_person_is_woken():
    bell = Bell()
    with bell.listening("ann") as one, bell.listening("ann") as other:
        bell.ring("ann")
        await asyncio.sleep(0.01)
        assert one.is_set()
        assert other.is_set()


async def test_who_has_left_is_not_rung_for():
    bell = Bell()
    with bell.listening("ann") as rung:
        pass
    bell.ring("ann")
    await asyncio.sleep(0.01)
    assert not rung.is_set()
    assert not bell._listeners
