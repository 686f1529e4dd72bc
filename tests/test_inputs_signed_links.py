"""Signed links: good for one file and one day, and for whoever has no other way in."""

import stat
import threading
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.accounts.users import Users, hashed
from core.errors import StorageError
from core.jobs.files import JobFiles
from core.jobs.inputs import JobInputs
from core.jobs.inputs.signed_links import (
    LASTS,
    SECRET_BYTES,
    SECRET_FILE,
    Links,
    open_links,
    read_secret,
)
from core.jobs.store_troubles import StoreAway
from ui.headers import SecurityHeaders
from ui.login import Login
from ui.sessions import EndedSessions, Sessions
from ui.source_links import SourceLinks
from ui.visitor import Visitors

HERE = "https://films.test"
NAME = "source-video_url_1_fitted.mp4"


class Now:
    seconds = 1_800_000_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def now():
    return Now()


@pytest.fixture
def links(now):
    return Links(HERE, b"s" * SECRET_BYTES, now=now)


@pytest.fixture
def job(store, make_job):
    return store.add(make_job())


@pytest.fixture
def job_files(tmp_path):
    return JobFiles(tmp_path / "takes")


@pytest.fixture
def kept(job_files, job, clip_bytes):
    path = job_files.folder(job) / NAME
    path.write_bytes(clip_bytes)
    return path


@pytest.fixture
def outside(store, job_files, links, kept, now, tmp_path):
    """A caller without name, password or cookie, before the whole app."""

    async def inside(request):
        return PlainTextResponse("inside")

    sources = JobInputs(store, job_files, links)
    app = Starlette(routes=[Route("/{path:path}", inside)])
    app.add_middleware(Visitors, shared=False)
    users = Users({"ann": hashed("correct horse")})
    sessions = Sessions(b"s" * 32, users.version, EndedSessions(tmp_path / "ended"), now=now)
    app.add_middleware(Login, users=users, sessions=sessions)
    app.add_middleware(
        SourceLinks,
        find=lambda token, name, expires, signature: sources.signed_file(
            token, name, expires=expires, signature=signature
        ),
    )
    app.add_middleware(SecurityHeaders)
    return TestClient(app, base_url=HERE, follow_redirects=False)


def test_a_link_gives_its_file_to_whoever_has_no_log_in(outside, links, job, clip_bytes):
    answer = outside.get(links.address(job.token, NAME))
    assert (answer.status_code, answer.content) == (200, clip_bytes)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
    assert outside.get("/anything").status_code == 401


def test_a_link_gives_any_part_of_its_file(outside, links, job, clip_bytes):
    url = links.address(job.token, NAME)
    part = outside.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, clip_bytes[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(clip_bytes)}"
    assert outside.get(url, headers={"Range": "bytes=-5"}).content == clip_bytes[-5:]
    beyond = outside.get(url, headers={"Range": f"bytes={len(clip_bytes)}-"})
    assert beyond.status_code == 416


def test_the_head_alone_is_given_too(outside, links, job, clip_bytes):
    answer = outside.head(links.address(job.token, NAME))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(clip_bytes))


def test_a_link_ends_after_its_day(outside, links, job, now):
    url = links.address(job.token, NAME)
    now.seconds += LASTS - 1
    assert outside.get(url).status_code == 200
    now.seconds += 1
    assert outside.get(url).status_code == 404


def test_a_link_opens_no_other_file_and_not_for_longer(outside, links, job, kept, now):
    kept.with_name("clip.mp4").write_bytes(b"mine")
    url = links.address(job.token, NAME)
    expires = str(int(now.seconds) + LASTS)
    for wrong in (
        url.replace(NAME, "clip.mp4"),
        url.replace(job.token, "0" * 32),
        url.replace(expires, str(int(expires) + 1)),
        url.replace(expires, f"0{expires}"),
        url.replace(expires, f"{expires}%0a"),
        url.replace(expires, "1" * 5000),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url[:-1],
        url.partition("&")[0],
        url.partition("?")[0],
        url.replace(NAME, f"x%2f..%2f{NAME}"),
        url.replace(NAME, f"..%2f{job.id}%2f{NAME}"),
        f"{HERE}/sources/",
        f"{HERE}/sources/{job.token}",
        f"{HERE}/sources/{job.token}/",
        url.replace("signature=", "signature=%ff%ff"),
    ):
        answer = outside.get(wrong)
        assert (answer.status_code, answer.json()) == (404, {"error": "There is no such file."})
        assert "set-cookie" not in answer.headers
    assert outside.post(url).status_code == 404
    assert outside.get(url).status_code == 200


def test_a_link_of_another_app_is_none(outside, job, now):
    other = Links(HERE, b"t" * SECRET_BYTES, now=now)
    assert outside.get(other.address(job.token, NAME)).status_code == 404


def test_a_good_link_to_a_file_that_is_gone_is_a_404(outside, links, job, kept):
    kept.unlink()
    assert outside.get(links.address(job.token, NAME)).status_code == 404
    assert outside.get(links.address("0" * 32, NAME)).status_code == 404
    secret = links.address(job.token, "links.key")
    kept.with_name("links.key").write_bytes(b"secret")
    assert outside.get(secret).status_code == 404


def test_a_database_that_is_away_is_not_a_file_that_is_not_there(links):
    def away(*_):
        raise StoreAway("The database does not answer just now.")

    answer = TestClient(SourceLinks(None, find=away)).get(links.address("0" * 32, NAME))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_without_a_public_address_there_are_no_links(tmp_path, store, job_files, links, job, kept):
    for address in ("", "  ", "http://films.test", "films.test", "https://", "ftp://films.test"):
        assert open_links(address, tmp_path / "data") is None
    assert not (tmp_path / "data").exists()
    query = links.address(job.token, NAME).partition("expires=")[2].split("&signature=")
    without = JobInputs(store, job_files)
    assert without.signed_file(job.token, NAME, expires=query[0], signature=query[1]) is None


def test_links_begin_with_the_public_address(tmp_path):
    for address in ("https://films.test/app", "https://films.test/app/ "):
        links = open_links(address, tmp_path)
        assert links.address("a" * 32, "b.mp4").startswith(
            f"https://films.test/app/sources/{'a' * 32}/b.mp4?expires="
        )


def test_a_link_outlives_a_restart(tmp_path):
    token = "a" * 32
    url = open_links(HERE, tmp_path).address(token, NAME)
    expires, _, signature = url.partition("expires=")[2].partition("&signature=")
    again = open_links(HERE, tmp_path)
    assert again.is_good(token, NAME, expires=expires, signature=signature)


def test_the_secret_is_its_owner_s_alone(tmp_path):
    path = tmp_path / "data" / SECRET_FILE
    first = read_secret(path)
    assert len(first) == SECRET_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert read_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_half_a_secret_is_made_anew(tmp_path):
    path = tmp_path / SECRET_FILE
    path.write_bytes(b"half")
    assert len(read_secret(path)) == SECRET_BYTES
    assert list(tmp_path.iterdir()) == [path]


def test_many_that_start_at_once_share_one_secret(tmp_path):
    found = set()
    gate = threading.Barrier(8)

    def start():
        gate.wait()
        found.add(read_secret(tmp_path / SECRET_FILE))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]


def test_a_folder_that_takes_no_secret_is_told(tmp_path):
    file = Path(tmp_path / "file")
    file.write_bytes(b"")
    with pytest.raises(StorageError, match="data folder"):
        open_links(HERE, file)
