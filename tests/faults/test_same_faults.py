"""Faults of sameness: one task for two takes, one request key for two orders."""

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from postgres import running_postgres
from provider import answer
from raw_server import CLOSE
from served import serve_app
from world import WAN_VIDEO, task

from core import Settings, open_studio
from core.errors import OtherOrder, StudioError, TaskTaken
from core.jobs.store import JobStore
from core.providers.protocol import State
from ui.server import build_app

WAN = "aimlapi:krea/krea-wan-14b/text-to-video"
ORDER = {"model": WAN, "params": {"prompt": "a fox", "num_frames": 18}}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page") / "data"
    with (
        open_studio(Settings(dailies_data_dir=folder, dailies_visitors="together")) as studio,
        serve_app(build_app(studio)) as address,
    ):
        yield studio, address


@pytest.fixture
def page(served):
    """Gives (studio, ask): a page on a real port, over the sandbox; its jobs end with the test."""
    studio, address = served
    with httpx.Client(base_url=address, timeout=20) as client:
        yield studio, client.post
    for owner in ("", "ann", "ben"):
        for job in studio.jobs(owner):
            studio.wait(job.id)


@pytest.mark.fault(
    233, "a lost take is given the id of another person's", "409 with a sentence; it stays lost"
)
def test_the_task_of_another_take_is_not_adopted(page):
    studio, ask = page
    theirs = studio.wait(studio.submit(WAN, ORDER["params"]).id)
    lost = ask("/dailies/orders", json=ORDER | {"key": "lost"}).json()["job"]["id"]
    studio.wait(lost)
    studio._store.change(lost, state=State.UNCONFIRMED, generation_id=None)
    answered = ask(
        f"/dailies/jobs/{lost}/adopt", json={"generation_id": f" {theirs.generation_id}"}
    )
    assert answered.status_code == 409
    assert "belongs to another take" in answered.json()["error"]
    assert studio.job(lost).state is State.UNCONFIRMED
    assert studio.job(lost).generation_id is None


@pytest.mark.fault(
    280,
    "a lost take is given the id of another's task, spelled otherwise: case, ./, a slash, width",
    "409 or 400 with a sentence; it stays lost",
)
@pytest.mark.parametrize(
    "spelled", [str.upper, str.title, "./{}".format, "{}/".format, "{}\uff21".format]
)
def test_the_task_of_another_take_is_known_by_any_spelling(page, spelled):
    studio, ask = page
    theirs, lost = (studio.wait(studio.submit(WAN, ORDER["params"]).id) for _ in range(2))
    studio._store.change(lost.id, state=State.UNCONFIRMED, generation_id=None)
    told = {"generation_id": spelled(theirs.generation_id)}
    assert ask(f"/dailies/jobs/{lost.id}/adopt", json=told).status_code in (400, 409)
    assert studio.job(lost.id).state is State.UNCONFIRMED


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'race.db'}"
        return
    with running_postgres() as url:
        if url is None:
            pytest.skip("there is no PostgreSQL here")
        yield url


@pytest.mark.fault(234, "eight takes are given one id at the same moment", "one of them has it")
def test_of_many_that_claim_a_task_one_gets_it(address, make_job):
    stores = [JobStore(address) for _ in range(2)]
    jobs = [stores[0].add(make_job(state=State.UNCONFIRMED)) for _ in range(8)]
    barrier = threading.Barrier(8)

    def claim(number):
        barrier.wait()
        try:
            return stores[number % 2].change(
                jobs[number].id, state=State.RUNNING, generation_id="g", exclusive=True
            )
        except TaskTaken:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [job for job in pool.map(claim, range(8)) if job]
    assert [job.generation_id for job in won] == ["g"]
    held = [stores[0].get(job.id).generation_id for job in jobs]
    assert sorted(filter(None, held)) == ["g"]
    # The winner may be given it again: it is its own.
    assert stores[1].change(won[0].id, generation_id="g", exclusive=True)
    for store in stores:
        store.close()


@pytest.mark.anyio
@pytest.mark.fault(
    235, "two orders are lost, and the provider's list shows one task for both", "one has it"
)
async def test_a_task_that_was_found_is_one_take_s(world, new_job):
    world.orders = 2

    def log(request):
        ids = [order.headers["x-client-request-id"] for order in world.provider.seen["creates"]]
        rows = [{"inference_id": "task-1", "client_request_id": one} for one in ids]
        return answer(200, {"data": rows})

    world.script(creates=[CLOSE], logs=[log], polls=[task("generating"), world.done])
    first, second = [await world.carry(new_job()) for _ in range(2)]
    assert first.state is State.COMPLETED
    assert (second.state, second.generation_id) == (State.UNCONFIRMED, None)


OTHERS = [
    ORDER | {"params": {"prompt": "a fish", "num_frames": 18}},
    ORDER | {"params": {"prompt": "a fox", "num_frames": 30}},
    ORDER | {"model": "krea:kling/kling-2.5", "params": {"prompt": "a fox"}},
]


@pytest.mark.fault(
    236, "the same idempotency key with another order", "422 with a sentence; nothing is ordered"
)
@pytest.mark.parametrize("other", OTHERS, ids=["prompt", "number", "model"])
def test_a_key_of_another_order_is_refused(page, other):
    studio, ask = page
    key = secrets.token_hex(4)
    before = len(studio.jobs())
    first = ask("/dailies/orders", json=ORDER | {"key": key}).json()["job"]["id"]
    assert ask("/dailies/orders", json=ORDER | {"key": key}).json()["job"]["id"] == first
    folders = sorted((studio.settings.dailies_data_dir / "takes").iterdir())
    answered = ask("/dailies/orders", json=other | {"key": key})
    assert answered.status_code == 422
    assert "used for another order" in answered.json()["error"]
    assert len(studio.jobs()) == before + 1
    assert sorted((studio.settings.dailies_data_dir / "takes").iterdir()) == folders


def test_the_file_of_an_order_belongs_to_it(page, tmp_path, clip_bytes):
    studio, _ = page
    source, moved, other = (tmp_path / name for name in ("a.mp4", "b.mp4", "c.mp4"))
    source.write_bytes(clip_bytes)
    moved.write_bytes(clip_bytes)
    other.write_bytes(clip_bytes + b"\0\0\0\x08free")

    def order(path):
        given = {"prompt": "a fox", "video_url": str(path)}
        return studio.submit(WAN_VIDEO, given, request_key="f")

    first = order(source)
    assert order(moved).id == first.id
    with pytest.raises(OtherOrder):
        order(other)


def test_another_person_s_use_of_the_same_key_is_nobody_else_s_business(page):
    studio, _ = page
    ann = studio.submit(WAN, ORDER["params"], owner="ann", request_key="k")
    ben = studio.submit(WAN, ORDER["params"] | {"prompt": "b"}, owner="ben", request_key="k")
    assert ann.id != ben.id
    with pytest.raises(StudioError, match="another order"):
        studio.submit(WAN, ORDER["params"], owner="ben", request_key="k")
