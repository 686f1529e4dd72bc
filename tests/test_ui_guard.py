"""The door: other sites' scripts and routes that the page does not use are turned away."""

import httpx
import pytest
from starlette.responses import PlainTextResponse

from ui.guard import Guard

pytestmark = pytest.mark.anyio


async def ask(method="GET", path="/", **headers):
    app = Guard(PlainTextResponse("in"))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://studio.example"
    ) as client:
        return (await client.request(method, path, headers=named)).status_code


async def test_the_page_s_own_requests_are_let_in():
    assert await ask("POST", origin="http://studio.example") == 200


async def test_a_plain_client_is_let_in():
    assert await ask("POST") == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://studio.example:81"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_another_site_s_script_is_refused(method, origin):
    assert await ask(method, origin=origin) == 403


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
