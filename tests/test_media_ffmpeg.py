"""Running ffmpeg: its limits, its words, and that nothing of it stays behind."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from pathlib import Path

import pytest

from core.errors import MediaError, StorageError
from core.media import ffmpeg

pytestmark = pytest.mark.own_process

ENDLESS = ["-f", "lavfi", "-i", "testsrc2=s=640x360"]
RAW = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]


def children() -> set[str]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that ends while it is looked at
            found |= set((task / "children").read_text().split())
    return found


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pipes, threads, kin = (
        len(list(Path("/proc/self/fd").iterdir())),
        threading.active_count(),
        children(),
    )
    yield
    assert children() == kin
    assert len(list(Path("/proc/self/fd").iterdir())) == pipes
    assert threading.active_count() == threads
    assert not list(tmp_path.glob("dailies-*"))


def test_what_it_writes_comes_back():
    raw = ffmpeg.run(["-f", "lavfi", "-i", "color=s=16x16:r=5:d=1", *RAW])
    assert len(raw) == 16 * 16 * 3 * 5


def test_a_run_that_takes_too_long_is_ended():
    began = time.monotonic()
    with pytest.raises(MediaError, match="too long"):
        ffmpeg.run([*ENDLESS, "-f", "null", "-"], limits=ffmpeg.Limits(wall=0.3))
    assert time.monotonic() - began < 30


def test_a_run_that_uses_too_much_processor_is_ended():
    began = time.monotonic()
    with pytest.raises(MediaError, match="too long"):
        ffmpeg.run([*ENDLESS, "-f", "null", "-"], limits=ffmpeg.Limits(cpu=1, wall=200))
    assert time.monotonic() - began < 150


def test_a_run_that_writes_too_large_a_file_is_ended(tmp_path):
    with pytest.raises(MediaError):
        ffmpeg.run(
            [*ENDLESS, "-c:v", "rawvideo", "-f", "matroska", str(tmp_path / "big.mkv")],
            limits=ffmpeg.Limits(output=100_000, wall=10),
        )
    assert (tmp_path / "big.mkv").stat().st_size <= 100_000


def test_a_run_that_says_too_much_on_its_pipe_is_ended():
    with pytest.raises(MediaError, match="too much data"):
        ffmpeg.run([*ENDLESS, *RAW], limits=ffmpeg.Limits(output=5_000_000, wall=10))


def test_a_run_that_wants_too_much_memory_fails():
    source = ["-f", "lavfi", "-i", "testsrc2=s=8000x8000:d=1"]
    with pytest.raises(MediaError):
        ffmpeg.run([*source, "-f", "null", "-"], limits=ffmpeg.Limits(memory=200 * 2**20))


def test_an_error_in_the_reader_ends_the_run_at_once():
    began = time.monotonic()
    with pytest.raises(ZeroDivisionError), ffmpeg.reading([*ENDLESS, *RAW]) as pipe:
        assert len(pipe.read(100)) / 0
    assert time.monotonic() - began < 30


def test_leaving_early_ends_the_run_without_an_error():
    began = time.monotonic()
    with ffmpeg.reading([*ENDLESS, *RAW]) as pipe:
        assert len(pipe.read(100)) == 100
    assert time.monotonic() - began < 30


def test_frames_can_be_fed_to_it(tmp_path):
    target = tmp_path / "out.mkv"
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "16x16", "-r", "5", "-i", "-"]
    with ffmpeg.feeding([*raw, "-c:v", "ffv1", str(target)]) as pipe:
        for shade in range(5):
            pipe.write(bytes([shade * 40]) * 16 * 16 * 3)
    assert len(ffmpeg.run(["-i", str(target), *RAW])) == 16 * 16 * 3 * 5


def test_its_refusal_is_told_where_it_does_not_take_what_it_is_fed():
    with pytest.raises(MediaError, match="not read here"), ffmpeg.feeding(["-i", "-", "x.y"]) as p:
        p.write(bytes(10_000_000))


def test_a_flood_of_complaints_is_cut():
    loud = ["-v", "debug", *ENDLESS, "-frames:v", "4000", "-f", "null", "-", "-f", "none", "x"]
    with pytest.raises(MediaError) as caught:
        ffmpeg.run(loud)
    assert len(str(caught.value)) < 300


def test_a_missing_program_is_a_sentence(monkeypatch):
    monkeypatch.setattr(ffmpeg, "executable", lambda: "/nonexistent/ffmpeg")
    with pytest.raises(MediaError, match=r"could not be started .*: reinstall"):
        ffmpeg.run(["-version"])


def test_no_place_for_its_folder_is_a_storage_error(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(StorageError):
        ffmpeg.run(["-version"])


def test_a_full_disk_is_a_storage_error():
    with pytest.raises(StorageError, match="disk is full"):
        ffmpeg.run([*ENDLESS, "-frames:v", "9", "-f", "rawvideo", "/dev/full"])
