"""GIFs to order: few sizes, few at once, few kept, and none made twice."""

import math
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import Busy, InvalidInput, UnknownJob
from core.jobs.files import JobFiles
from core.jobs.gif_orders import AT_ONCE, KEPT, RATES, WIDTHS, GifOrders


@pytest.fixture
def job_files(tmp_path):
    return JobFiles(tmp_path)


@pytest.fixture
def orders(job_files):
    return GifOrders(job_files)


@pytest.fixture
def take(job_files, make_job, clip_bytes):
    job = make_job()
    job_files.clip(job).write_bytes(clip_bytes)
    return job


def gifs(job_files, job):
    return {path.name for path in job_files.folder(job).glob("*.gif")}


def test_a_gif_is_made_as_it_was_ordered(orders, job_files, take):
    name, gif = orders.make(take, width=160, fps=8)
    assert name == "gif-160-8.gif"
    assert (gif.width, gif.fps) == (160, 8)
    assert job_files.public(take, name).stat().st_size == gif.size_bytes


OFF_THE_LIST = [(320, 8.5), (320, 12.001), (321, 8), (322, 8), (320, math.nan), (math.inf, 8)]
NO_NUMBERS = [("320", 8), (None, 8), (320, None), ([320], 8), ({}, 8), (0, 8), (320, True)]


@pytest.mark.parametrize(("width", "fps"), [*OFF_THE_LIST, *NO_NUMBERS, (320, 10**400)])
def test_only_sizes_of_the_lists_are_made(orders, job_files, take, width, fps):
    with pytest.raises(InvalidInput, match=r"wide|pictures a second"):
        orders.make(take, width=width, fps=fps)
    assert gifs(job_files, take) == set()


def test_a_whole_number_is_one_however_it_is_written(orders, take):
    assert orders.make(take, width=160.0, fps=8.0)[0] == "gif-160-8.gif"


def test_only_so_many_are_made_at_once_and_the_rest_are_told_when_to_come(orders, take):
    for _ in range(AT_ONCE):
        orders._places.acquire()
    with pytest.raises(Busy, match="Other GIFs") as refused:
        orders.make(take, width=160, fps=8)
    assert refused.value.retry_after > 0
    orders._places.release()
    orders.make(take, width=160, fps=8)


def test_a_gif_that_could_not_be_made_leaves_its_place(orders, job_files, take):
    job_files.clip(take).write_bytes(b"no clip")
    for _ in range(AT_ONCE + 1):
        with pytest.raises(Exception, match=r"\."):
            orders.make(take, width=160, fps=8)
    assert orders._places.acquire(blocking=False)


def test_a_few_stay_with_a_take_and_the_longest_unasked_goes(orders, job_files, take):
    sizes = [(160, fps) for fps in RATES[: KEPT + 1]]
    for number, (width, fps) in enumerate(sizes[:-1]):
        name, _ = orders.make(take, width=width, fps=fps)
        os.utime(job_files.public(take, name), (number, number))
    orders.make(take, width=160, fps=sizes[0][1])
    orders.make(take, width=160, fps=sizes[-1][1])
    kept = {f"gif-160-{fps}.gif" for _, fps in sizes if fps != sizes[1][1]}
    assert gifs(job_files, take) == kept


def test_one_that_is_there_is_not_made_again(orders, job_files, take):
    name, gif = orders.make(take, width=160, fps=8)
    job_files.public(take, name).write_bytes(b"as it was")
    assert orders.make(take, width=160, fps=8) == (name, gif)
    assert job_files.public(take, name).read_bytes() == b"as it was"
    job_files.public(take, name).unlink()
    orders.make(take, width=160, fps=8)
    assert job_files.public(take, name).read_bytes().startswith(b"GIF89a")


def test_a_take_without_a_clip_has_none(orders, make_job):
    with pytest.raises(UnknownJob, match="no clip"):
        orders.make(make_job(), width=160, fps=8)


def test_many_at_once_leave_few_files_and_no_part(orders, job_files, take):
    def make(order):
        try:
            return orders.make(take, width=order[0], fps=order[1])[0]
        except Busy:
            return None

    sizes = [(width, fps) for width in WIDTHS[:4] for fps in RATES]
    with ThreadPoolExecutor(len(sizes)) as visitors:
        made = set(visitors.map(make, sizes))
    assert len(made - {None}) >= 1
    assert 1 <= len(gifs(job_files, take)) <= KEPT
    assert not list(job_files.folder(take).glob(".*"))
