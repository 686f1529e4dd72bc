"""Who asks is what trusted proxies added, and never what the caller wrote itself."""

from ipaddress import ip_network

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core import Settings
from ui.proxies import Proxies, prefix_of, read_address

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
NGINX = "10.0.0.1"


async def told(request: HTTPConnection):
    named = [name for name in request.headers if "forwarded" in name or "gradio" in name]
    return JSONResponse(
        {
            "client": request.client.host,
            "scheme": request.url.scheme,
            "hosts": request.headers.getlist("host"),
            "prefix": prefix_of(request.scope),
            "left": named,
        }
    )


def ask(headers, *, peer=NGINX, trusted=TRUSTED):
    app = Proxies(Starlette(routes=[Route("/", told)]), trusted)
    caller = TestClient(app, client=(peer, 50000), base_url="http://inner:7860")
    return caller.get("/", headers=headers).json()


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("1.2.3.4, 198.51.100.7", "198.51.100.7"),
        ("1.2.3.4, 198.51.100.7, 10.2.0.1", "198.51.100.7"),
        ("10.9.9.9, 198.51.100.7", "198.51.100.7"),
        ("10.9.9.9, 10.2.0.1", "10.9.9.9"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, unknown", NGINX),
        ("198.51.100.7, unknown, 10.2.0.1", "10.2.0.1"),
        ("", NGINX),
        (" , ,", NGINX),
    ],
)
def test_the_caller_is_the_last_hop_that_no_trusted_proxy_is(hops, client):
    assert ask({"x-forwarded-for": hops})["client"] == client


def test_several_headers_are_one_list_in_their_order():
    pairs = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "198.51.100.7")]
    assert ask(pairs)["client"] == "198.51.100.7"


OUTER = {
    "x-forwarded-for": "198.51.100.7",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "studio.example",
    "x-forwarded-prefix": "/studio/",
}


def test_a_trusted_proxy_tells_scheme_host_and_prefix_too():
    seen = ask(OUTER)
    assert (seen["scheme"], seen["hosts"]) == ("https", ["studio.example"])
    assert seen["prefix"] == "/studio"
    assert seen["left"] == []


@pytest.mark.parametrize("trusted", [[], [ip_network("10.0.0.2/32")]])
def test_nobody_else_is_believed_and_what_he_wrote_is_gone(trusted):
    written = OUTER | {"x-gradio-server": "https://evil.example", "forwarded": "for=1.2.3.4"}
    seen = ask(written, trusted=trusted)
    assert seen["client"] == NGINX
    assert (seen["scheme"], seen["hosts"]) == ("http", ["inner:7860"])
    assert (seen["prefix"], seen["left"]) == ("", [])


def test_a_proxy_that_nobody_named_is_told_of_once_in_the_log(caplog):
    app = Proxies(Starlette(routes=[Route("/", told)]))
    caller = TestClient(app, client=(NGINX, 50000))
    for _ in range(3):
        caller.get("/", headers={"x-forwarded-for": "198.51.100.7"})
    assert caplog.text.count("DAILIES_TRUSTED_PROXIES") == 1


def test_of_a_list_that_proxies_add_to_the_caller_s_own_part_does_not_count():
    pairs = {"x-forwarded-for": "198.51.100.7", "x-forwarded-host": "evil.example, studio.example"}
    assert ask(pairs)["hosts"] == ["studio.example"]
    two = {"x-forwarded-for": "198.51.100.7, 10.2.0.1", "x-forwarded-proto": "https, http"}
    assert ask(two)["scheme"] == "https"


@pytest.mark.parametrize("prefix", ["studio", "//evil.example", "/a/../b", '/"><script>', "/a b"])
def test_a_prefix_that_is_no_plain_path_is_none(prefix):
    assert ask({"x-forwarded-prefix": prefix})["prefix"] == ""


def test_a_proxy_with_an_ipv6_address_is_known_in_either_spelling():
    assert ask({"x-forwarded-for": "198.51.100.7"}, peer="fd00:0::1")["client"] == "198.51.100.7"
    v4 = ask({"x-forwarded-for": "198.51.100.7"}, peer="::ffff:10.0.0.1")
    assert v4["client"] == "198.51.100.7"


def test_what_is_no_address_is_none():
    for text in ("", "unknown", "_hidden", "1.2.3", "[::1", "a" * 10_000):
        assert read_address(text) is None


def test_the_settings_name_the_proxies_and_a_space_has_its_own():
    assert Settings().trusted_proxies == ()
    chosen = Settings(dailies_trusted_proxies="10.0.0.0/8, ::1")
    assert chosen.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert ip_network("10.0.0.0/8") in Settings(space_id="me/dailies").trusted_proxies
    assert Settings(space_id="me/dailies", dailies_trusted_proxies="").trusted_proxies == ()
    with pytest.raises(ValueError, match="dailies_trusted_proxies"):
        Settings(dailies_trusted_proxies="nginx")
