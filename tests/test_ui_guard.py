"""The door: other sites' scripts and routes that the page does not use are turned away."""

import httpx
import pytest
from starlette.responses import PlainTextResponse

from ui.guard import Guard
from ui.hosts import Hosts

pytestmark = pytest.mark.anyio


async def ask(method="GET", path="/", **headers):
    app = Guard(PlainTextResponse("in"), hosts=Hosts(["studio.example"]))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://studio.example"
    ) as client:
        return (await client.request(method, path, headers=named)).status_code


async def test_the_page_s_own_requests_are_let_in():
    assert await ask("POST", origin="http://studio.example") == 200


async def test_a_plain_client_is_let_in():
    assert await ask("POST") == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://studio.example:81",
        "http://[",
        "http://[::1",
        "http://studio.example:port",
        "studio.example",
        "http://studio.example.evil.example",
        "ftp://studio.example",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_another_site_s_script_is_refused(method, origin):
    assert await ask(method, origin=origin) == 403


async def test_of_two_origins_both_must_be_ours():
    app = Guard(PlainTextResponse("in"), hosts=Hosts(["studio.example"]))
    pairs = [("origin", "http://studio.example"), ("origin", "http://evil.example")]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.example") as client:
        assert (await client.post("/", headers=pairs)).status_code == 403


@pytest.mark.parametrize(
    "host", ["studio.example:443", "STUDIO.example.", "studio.example:80", "studio.example"]
)
async def test_the_page_s_own_origin_is_known_however_the_host_is_spelled(host):
    scheme = "http" if host.endswith("80") else "https"
    assert await ask("POST", origin=f"{scheme}://studio.example", host=host) == 200


async def test_scripts_of_the_public_address_are_ours_by_whatever_name_a_proxy_asks():
    hosts = Hosts(["studio.example"])
    app = Guard(PlainTextResponse("in"), hosts=hosts, public_url="https://studio.example/")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as client:
        for origin, status in (("https://studio.example", 200), ("https://other.example", 403)):
            said = await client.post("/", headers={"origin": origin})
            assert said.status_code == status


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS"])
async def test_another_name_is_told_what_to_set(method):
    assert await ask(method, host="evil.example", origin="http://evil.example") == 421
    app = Guard(PlainTextResponse("in"), hosts=Hosts())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://evil.example") as client:
        said = (await client.get("/")).json()["error"]
    assert "evil.example" in said
    assert "DAILIES_HOSTS" in said


async def test_a_request_with_no_host_or_two_is_refused():
    app = Guard(PlainTextResponse("in"), hosts=Hosts(["studio.example"]))
    for names in ([], [b"studio.example", b"studio.example"], [b"studio.example", b"evil.example"]):
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
        assert await status_of(app, scope | {"headers": [(b"host", name) for name in names]}) == 400


async def status_of(app, scope):
    sent = []

    async def send(message):
        sent.append(message)

    await app(scope, None, send)
    return sent[0].get("status", sent[0].get("code"))


@pytest.mark.parametrize(
    ("host", "origin"),
    [("evil.example", "http://evil.example"), ("studio.example", "http://evil.example")],
)
async def test_a_websocket_is_held_to_the_same(host, origin):
    app = Guard(PlainTextResponse("in"), hosts=Hosts(["studio.example"]))
    headers = [(b"host", host.encode()), (b"origin", origin.encode())]
    assert await status_of(app, {"type": "websocket", "path": "/", "headers": headers}) == 1008


async def test_another_site_s_form_is_refused():
    assert await ask("POST", sec_fetch_site="cross-site") == 403


async def test_a_link_from_another_site_is_followed():
    assert await ask("GET", sec_fetch_site="cross-site") == 200


@pytest.mark.parametrize(
    "path",
    [
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/proxy=http://10.0.0.1/",
        "/gradio_api/deep_link",
        "/gradio_api/runs",
    ],
)
async def test_routes_that_the_page_does_not_use_are_not_there(path):
    assert await ask(path=path) == 404


@pytest.mark.parametrize(
    "path", ["/", "/config", "/gradio_api/info", "/gradio_api/upload", "/gradio_api/queue/join"]
)
async def test_routes_that_the_page_uses_are_there(path):
    assert await ask(path=path) == 200


async def test_a_browser_s_own_word_for_its_own_page_is_taken_where_a_proxy_hides_the_host():
    own = {"origin": "https://studio.example", "host": "127.0.0.1:7860"}
    assert await ask("POST", **own) == 403
    assert await ask("POST", **own, sec_fetch_site="same-origin") == 200
    assert await ask("POST", **own, sec_fetch_site="same-site") == 403
    assert await ask("POST", host="evil.example", sec_fetch_site="same-origin") == 421
