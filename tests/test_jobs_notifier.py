"""The bell: heard in time, by those whom it concerns, from any thread."""

import asyncio
import threading

import pytest

from core.jobs.notifier import ChangeNotifier

pytestmark = pytest.mark.anyio


async def test_whoever_listens_is_woken_from_another_thread():
    notifier = ChangeNotifier()
    with notifier.listening("ann") as rung:
        threading.Thread(target=notifier.ring, args=("ann",)).start()
        await asyncio.wait_for(rung.wait(), 2)


async def test_another_person_s_news_wakes_nobody():
    notifier = ChangeNotifier()
    with notifier.listening("ann") as rung:
        notifier.ring("ben")
        await asyncio.sleep(0.01)
        assert not rung.is_set()


async def test_every_page_of_a_person_is_woken():
    notifier = ChangeNotifier()
    with notifier.listening("ann") as one, notifier.listening("ann") as other:
        notifier.ring("ann")
        await asyncio.sleep(0.01)
        assert one.is_set()
        assert other.is_set()


async def test_who_has_left_is_not_rung_for():
    notifier = ChangeNotifier()
    with notifier.listening("ann") as rung:
        pass
    notifier.ring("ann")
    await asyncio.sleep(0.01)
    assert not rung.is_set()
    assert not notifier._listeners
