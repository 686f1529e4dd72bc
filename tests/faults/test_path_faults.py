"""Faults of where the page is shown: under a path of a proxy, told or not, taken away or left."""

import re

import httpx
import pytest
from gradio_client import Client, handle_file
from provider import Provider, answer, serving
from proxy import HOST, running_proxy
from served import serve_app
from test_page_faults import studio_on, until
from world import WAN, WAN_VIDEO, task

from ui.server import build_app

# Gradio's own use of pandas warns in its own thread, where nobody can catch it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ORDER = {"prompt": "a fox", "num_frames": 18}
TOLD = "proxy_set_header X-Forwarded-Prefix {prefix};"
SITES = {
    "taken away, and told by a trusted proxy": ("/any/path", "/", TOLD),
    "left, and told by a trusted proxy": ("/any/path", "", TOLD),
    "left, and told by nobody": ("/dailies/a/b", "", ""),
}


# One page for all: Gradio leaves event loops behind, which `conftest.py` would count.
@pytest.fixture(scope="module")
def served(tmp_path_factory, clip_bytes):
    folder, provider = tmp_path_factory.mktemp("page"), Provider()
    with (
        serving(provider),
        studio_on(folder, provider, dailies_trusted_proxies="127.0.0.1") as studio,
    ):
        provider.scripts = {
            "creates": [answer(200, {"id": f"task-{n}", "status": "queued"}) for n in range(99)],
            "polls": [task("completed", video={"url": provider.clip_url})],
            "files": [answer(200, clip_bytes)],
        }
        with serve_app(build_app(studio)) as address:
            yield address


@pytest.fixture(scope="module", params=SITES)
def site(request, served):
    """Where a proxy shows the app: the address of the page, without the slash at its end."""
    prefix, end, told = SITES[request.param]
    said = told.format(prefix=prefix)
    rule = f"location {prefix}/ {{ proxy_pass {served}{end}; {HOST} {said} }}"
    with running_proxy(rule) as proxy:
        yield proxy, prefix


@pytest.mark.fault(
    101, "any sub-path behind a proxy: the API", "orders, uploads; its addresses lead to the files"
)
def test_the_api_works_under_a_path(site, tmp_path, clip_bytes):
    proxy, prefix = site
    api = Client(f"{proxy}{prefix}/", verbose=False)
    given = tmp_path / "clip.mp4"
    given.write_bytes(clip_bytes)
    asked = {"prompt": "x", "video_url": handle_file(str(given))}
    for model, params in ((WAN, ORDER), (WAN_VIDEO, asked)):
        told = api.predict(model, params, api_name="/submit")
        done = until(lambda: _done(api, told["id"]))  # noqa: B023
        address = done["files"]["video"]
        assert address.startswith(f"{prefix}/takes/")
        part = httpx.get(proxy + address, headers={"Range": "bytes=0-99"})
        assert (part.status_code, len(part.content)) == (206, 100)
    again = api.predict(WAN_VIDEO, {"prompt": "x", "video_url": address}, api_name="/submit")
    assert again["state"] != "failed"
    until(lambda: _done(api, again["id"]))


def _done(api, job_id):
    job = api.predict(job_id, api_name="/job")
    assert job["state"] != "failed", job["error"]
    return job if job["state"] == "completed" else None


@pytest.mark.fault(
    101,
    "the same: what the page is made of",
    "no address in it leaves the path; all of it is there",
)
def test_every_address_of_the_page_stays_under_the_path(site):
    proxy, prefix = site
    with httpx.Client(base_url=f"{proxy}{prefix}/") as browser:
        page = browser.get("")
        assert page.status_code == 200
        for absolute in ('href="/', 'src="/', 'action="/', "url(/"):
            assert absolute not in page.text
        for path in ("config", "theme.css", "favicon.ico", "dailies/feed"):
            assert browser.get(path).status_code == 200, path
        assert browser.get("config").json()["root"] == f"{proxy}{prefix}"


@pytest.mark.fault(104, "a link is shown by another site", "our own title, text and picture")
def test_a_link_preview_is_ours_and_its_picture_is_there(site):
    proxy, prefix = site
    page = httpx.get(f"{proxy}{prefix}/", headers={"User-Agent": "previewer", "Accept": "*/*"}).text
    picture = re.search(r'<meta property="og:image" content="([^"]+)">', page)[1]
    assert picture.startswith(f"{proxy}{prefix}/")
    assert httpx.get(picture).headers["content-type"] == "image/jpeg"
    assert '<meta property="og:title" content="Dailies">' in page
    assert not re.search("<meta[^>]*gradio", page, re.IGNORECASE)


@pytest.mark.fault(101, "a prefix that nobody trusted told of", "it is not believed")
@pytest.mark.parametrize("prefix", ["//evil.example", "/x/../y", '/"><script>', "https://x"])
def test_a_prefix_of_another_shape_changes_no_address(served, prefix):
    headers = {"X-Forwarded-Prefix": prefix}
    call = {"data": [WAN, ORDER]}
    said = httpx.post(f"{served}/gradio_api/run/submit", json=call, headers=headers).json()["data"]
    api = Client(served, verbose=False)
    until(lambda: _done(api, said[0]["id"]))
    told = httpx.post(
        f"{served}/gradio_api/run/job", json={"data": [said[0]["id"]]}, headers=headers
    )
    assert told.json()["data"][0]["files"]["video"].startswith("/takes/")
