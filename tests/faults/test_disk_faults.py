"""Faults of the disk that keeps the takes: full, read-only, broken at the start, gone later."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from world import assert_completed

from core import Settings, open_studio
from core.errors import StorageError
from core.jobs.store import JobStore
from core.jobs.store_troubles import StoreAway
from core.providers.protocol import State
from core.system.data_folder import MEGABYTE, DataFolder, FolderLost, NoRoom, take_size
from ui.status import status_of

ROOT = Path(__file__).parents[2]
MODEL, ORDER = "aimlapi:krea/krea-wan-14b/text-to-video", {"prompt": "a fox", "num_frames": 18}


def started(folder, **environment):
    """Run `app.py` over a data folder until it ends by itself."""
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        env=os.environ | {"DAILIES_DATA_DIR": str(folder), "GRADIO_SERVER_PORT": "1"} | environment,
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def text_in_its_place(path):
    path.write_text("no database at all, but a text of some length" * 100)


def folder_in_its_place(path):
    path.mkdir()


def made_by_a_newer_version(path):
    JobStore(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO versions (number) VALUES (9999)")
    db.close()


def torn_in_the_middle(path):
    JobStore(f"sqlite:///{path}").close()
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


@pytest.mark.fault(
    257,
    "the SQLite file is no database, torn, a folder, or of a newer version, at the start",
    "a sentence and what to do; exit code 1, no traceback; the file is left as it is",
)
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (text_in_its_place, "is damaged, or is no SQLite database"),
        (torn_in_the_middle, "is damaged, or is no SQLite database"),
        (folder_in_its_place, "cannot be opened for writing"),
        (made_by_a_newer_version, "newer version"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_at_the_start(tmp_path, spoil, says):
    folder = tmp_path / "data"
    folder.mkdir()
    spoil(folder / "dailies.db")
    ended = started(folder)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "Dailies cannot start." in said
    assert says in said
    assert "Traceback" not in said
    assert (folder / "dailies.db").exists()


@pytest.mark.fault(
    258,
    "the data folder is a file, or cannot be made or written, at the start",
    "a sentence that names it and what to do; exit code 1, no traceback",
)
def test_a_folder_that_cannot_be_used_is_said_at_the_start(tmp_path):
    (tmp_path / "data").write_text("a file")
    for folder in (tmp_path / "data", tmp_path / "data" / "deeper"):
        ended = subprocess.run(
            [sys.executable, str(ROOT / "app.py")],
            env=os.environ | {"DAILIES_DATA_DIR": str(folder)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = ended.stdout + ended.stderr
        assert ended.returncode == 1
        assert f"The data folder {folder} cannot be used" in said
        assert "DAILIES_DATA_DIR" in said
        assert "Traceback" not in said


@contextmanager
def disk(folder, size):
    """A file system of its own, of so many bytes."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.fault(
    259,
    "a read-only data folder at the start, and one that becomes so",
    "a sentence at the start; later orders are refused before anything is ordered",
)
def test_a_read_only_disk_is_said_at_the_start_and_later(tmp_path):
    with disk(tmp_path / "disk", "20m") as place:
        folder = DataFolder(place / "data")
        folder.opened()
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        refused = pytest.raises(StorageError, match="cannot be written: nothing was ordered")
        with refused, folder.room_kept(1, lambda: 0):
            pass
        ended = started(place / "data")
        assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
        assert "cannot be used (Read-only file system)" in ended.stderr


@pytest.mark.fault(
    260,
    "a disk of 6 MB, and order after order",
    "what is taken is finished; then refused before anything is ordered, by 507 in the API",
)
def test_on_a_small_disk_every_order_that_is_taken_is_finished(tmp_path):
    with disk(tmp_path / "disk", "6m") as folder:
        settings = Settings(dailies_data_dir=folder / "data")
        with open_studio(settings) as studio:
            taken, refused = [], None
            while refused is None and len(taken) < 20:
                try:
                    taken.append(studio.submit(MODEL, ORDER))
                except NoRoom as error:
                    refused = error
            assert taken
            for job in taken:
                assert studio.wait(job.id, timeout=60).state is State.COMPLETED
            assert "nothing was ordered" in str(refused)
            assert status_of(refused) == 507
            assert len(studio.jobs()) == len(taken)
        assert not list(folder.rglob("*.part"))


@pytest.mark.fault(
    261,
    "the data folder is deleted while Dailies runs",
    "orders are refused at once, with a sentence",
)
@pytest.mark.parametrize("again", [False, True])
def test_without_its_folder_nothing_is_ordered(tmp_path, again):
    folder = tmp_path / "data"
    with open_studio(Settings(dailies_data_dir=folder)) as studio:
        shutil.rmtree(folder)
        if again:
            folder.mkdir()
        with pytest.raises(FolderLost, match="removed or replaced while Dailies was running"):
            studio.submit(MODEL, ORDER)
        assert studio.jobs() == []


def test_room_is_counted_with_what_is_under_way_and_what_is_just_being_written(tmp_path):
    folder = DataFolder(tmp_path, free=lambda _: 10 * MEGABYTE)
    folder.opened()
    four = 4 * MEGABYTE
    with (
        folder.room_kept(four, lambda: 0),
        folder.room_kept(four, lambda: 0),
        pytest.raises(NoRoom, match="10 MB left"),
        folder.room_kept(four, lambda: 0),
    ):
        pass
    with pytest.raises(NoRoom), folder.room_kept(4 * MEGABYTE, lambda: 7 * MEGABYTE):
        pass
    with folder.room_kept(4 * MEGABYTE, lambda: 6 * MEGABYTE):
        pass


def test_a_live_take_needs_what_the_operator_set_and_a_sandbox_take_less():
    assert take_size(live=True, seconds=5.0, room_mb=64) == 64 * MEGABYTE
    assert take_size(live=False, seconds=5.0, room_mb=64) == 3 * MEGABYTE
    assert take_size(live=False, seconds=5.0, room_mb=0) == 0


class Failing(JobStore):
    """A database that writes down that an order goes out, and fails before it has said so."""

    failures = 1

    def change(self, job_id, **changes):
        changed = super().change(job_id, **changes)
        if changes.get("state") is State.SUBMITTING and self.failures:
            self.failures = 0
            raise StoreAway("The database does not answer just now.")
        return changed


@pytest.mark.fault(
    262,
    "the database fails as it writes down that the order goes out",
    "completed; it was not sent yet, so it goes out, once",
)
@pytest.mark.anyio
async def test_an_order_that_was_only_written_down_is_sent_and_not_looked_for(
    world, carry, tmp_path
):
    world.store = Failing(f"sqlite:///{tmp_path / 'jobs.db'}")
    try:
        assert_completed(world, await carry())
        assert world.provider.seen["logs"] == []
    finally:
        world.store.close()
