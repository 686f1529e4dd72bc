"""Uploads have room and places for each and for all; the one that lies there longest goes first."""

import os

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.limits import UPLOAD
from ui.uploads import (
    AT_ONCE,
    AT_ONCE_EACH,
    MOST_EACH,
    MOST_FILES,
    MOST_IN_ALL,
    Quota,
    UploadFolder,
    Uploads,
    used,
)

QUOTA = Quota(each=3000, in_all=5000)


@pytest.fixture
def folder(tmp_path):
    return UploadFolder(tmp_path, QUOTA, own=False)


class Disk:
    """Puts files where Gradio would, each a moment later than the last."""

    def __init__(self, path):
        self.path, self.moment = path, 10**9

    def put(self, name, size):
        path = self.path / name / "clip.mp4"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(size))
        self.moment += 10**9
        os.utime(path, ns=(self.moment, self.moment))
        return path

    def names(self):
        return {path.parent.name for path in self.path.glob("*/*")}


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


def test_a_visitor_s_oldest_goes_when_his_own_room_is_full(folder, disk):
    for name in "abc":
        folder.note("me", [disk.put(name, 1000)])
    folder.note("other", [disk.put("d", 1000)])
    assert folder.make_room("me", 1500)
    assert disk.names() == {"c", "d"}


def test_one_that_was_used_just_now_is_not_the_oldest(folder, disk):
    paths = [disk.put(name, 1000) for name in "abc"]
    folder.note("me", paths)
    used(paths[0])
    assert folder.make_room("me", 1000)
    assert disk.names() == {"a", "c"}


def test_of_all_the_oldest_goes_when_there_is_no_room_for_more(folder, disk):
    for number, name in enumerate("abcde"):
        folder.note(f"visitor {number}", [disk.put(name, 1000)])
    assert folder.make_room("another", 1500)
    assert disk.names() == {"c", "d", "e"}


@pytest.mark.parametrize(
    ("visitors", "left"), [(1, MOST_EACH - 1), (MOST_IN_ALL // MOST_EACH + 1, MOST_IN_ALL - 1)]
)
def test_of_very_many_files_however_small_the_oldest_go(folder, disk, visitors, left):
    for number in range(visitors * MOST_EACH):
        folder.note(f"visitor {number % visitors}", [disk.put(str(number), 0)])
    assert folder.make_room("visitor 0", 1)
    assert len(disk.names()) == left
    assert "0" not in disk.names()
    assert len(list(disk.path.iterdir())) == left, "folders stay behind"


def test_what_is_larger_than_all_room_is_refused_and_clears_nothing(folder, disk):
    folder.note("me", [disk.put("a", 1000)])
    assert not folder.make_room("me", 3001)
    assert disk.names() == {"a"}


def test_in_a_shared_folder_only_what_came_through_here_is_cleared(tmp_path, disk):
    disk.put("somebody else's", 9000)
    (tmp_path / "tmpxyz").write_bytes(b"x")
    shared = UploadFolder(tmp_path, QUOTA, own=False)
    assert shared.make_room("me", 3000)
    shared.clear_parts()
    assert disk.names() == {"somebody else's"}
    assert (tmp_path / "tmpxyz").exists()
    own = UploadFolder(tmp_path, QUOTA, own=True)
    assert own.make_room("me", 3000)
    own.clear_parts()
    assert disk.names() == set()
    assert not (tmp_path / "tmpxyz").exists()


async def keep(request: Request):
    body = await request.body()
    return JSONResponse([f"/nowhere/{len(body)}"])


@pytest.fixture
def door(folder):
    return Uploads(Starlette(routes=[Route("/{path:path}", keep, methods=["POST", "GET"])]), folder)


def upload(door, size=10, source="198.51.100.1"):
    return TestClient(door, client=(source, 1)).post(UPLOAD, content=bytes(size))


def test_places_are_few_and_who_finds_none_is_told_when_to_come_again(door):
    door._under_way["198.51.100.1"] = AT_ONCE_EACH
    refused = upload(door)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert upload(door, source="198.51.100.2").status_code == 200
    door._under_way["198.51.100.3"] = AT_ONCE - AT_ONCE_EACH
    assert upload(door, source="198.51.100.2").status_code == 429
    assert TestClient(door, client=("198.51.100.1", 1)).post("/x").status_code == 200


def test_an_upload_leaves_its_place(door):
    for _ in range(AT_ONCE + 1):
        assert upload(door).status_code == 200
    assert not door._under_way


def test_what_does_not_fit_is_refused_before_it_is_read(door):
    refused = upload(door, QUOTA.each + 1)
    assert refused.status_code == 413
    assert "more than one visitor may upload" in refused.json()["error"]


def test_an_upload_of_very_many_files_ends(door):
    part = b'--x\r\nContent-DISPOSITION: form-data; name="files"; Filename ="a"\r\n\r\n\r\n'

    def pieces(count):
        whole = part * count
        return iter([whole[at : at + 7] for at in range(0, len(whole), 7)])

    caller = TestClient(door, client=("198.51.100.1", 1))
    few = {"content-length": str(len(part) * MOST_FILES)}
    assert caller.post(UPLOAD, content=part * MOST_FILES, headers=few).status_code == 200
    many = {"content-length": "1000"}
    refused = caller.post(UPLOAD, content=pieces(MOST_FILES + 1), headers=many)
    assert refused.status_code == 413
    assert "32 files" in refused.json()["error"]
