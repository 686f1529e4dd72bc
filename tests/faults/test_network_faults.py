"""Faults of the way to a clip: proxies, dead addresses, networks that translate, made-up names."""

import asyncio
import os
import socket
import ssl
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpcore
import pytest
from provider import Provider, answer, serving
from proxy_server import proxy_server
from pydantic import SecretStr
from raw_server import CLOSE
from world import CANARY, assert_completed, assert_ended, task

from core.client import Connection, Downloader, Route, connect
from core.client.connection import keyless
from core.client.public_network import PublicOnly
from core.client.transports import public_transport
from core.client.trusted_hosts import NOBODY, TrustedHosts
from core.providers import PROVIDERS
from core.providers.protocol import State

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
PUBLIC, PUBLIC_6, PUBLIC_TOO = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "1.1.1.1"
CDN = "https://cdn.test/files/a.mp4?signature=1"


@pytest.fixture(autouse=True)
def no_proxy_from_outside(monkeypatch):
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_PROXY".upper(), raising=False)


class Net(httpcore.AsyncNetworkBackend):
    """Leads the addresses in `there` to ports of loopback; a port of None answers nothing ever."""

    def __init__(self, there):
        self.there, self.hosts, self.real = there, [], httpcore.AnyIOBackend()

    async def connect_tcp(self, host, port, *rest, **more):
        self.hosts.append(host)
        leads = self.there[host]
        if leads is None:
            await asyncio.sleep(60)
        if leads == "refused":
            raise httpcore.ConnectError("refused")
        return await self.real.connect_tcp("127.0.0.1", leads, *rest, **more)

    async def sleep(self, seconds):
        await self.real.sleep(seconds)


@contextmanager
def cdn_on(world, certificate, answers, *, names, net=None, hosts=NOBODY, tls=True):
    """A storage server on loopback; `names` is all the DNS there is, `net` leads addresses."""
    cdn = Provider(scripts={"files": answers})
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*certificate)
    believed = ssl.create_default_context(cafile=str(certificate[0]))

    async def lookup(host, port):
        if host not in names:
            raise socket.gaierror(-2, "Name or service not known")
        return names[host]

    with serving(cdn, tls=served if tls else None):
        sockets = Net(
            {ip: cdn.port if leads == "cdn" else leads for ip, leads in (net or {}).items()}
        )

        @asynccontextmanager
        async def line_of(job, clock):
            route = world.route(job)
            guard = PublicOnly(route.trusted, lookup, sockets, hosts=hosts)
            async with (
                connect(route, clock=clock) as line,
                keyless(public_transport(guard, believed=believed), clock) as clips,
            ):
                downloader = Downloader(clips, trusted=route.trusted, hosts=hosts, clock=clock)
                yield Connection(client=line.client, downloader=downloader)

        world.line_of = line_of
        yield cdn, sockets


def clip_at(world, url):
    world.script(polls=[task("completed", video={"url": url})])


def assert_refused(world, job, *says):
    for words in says:
        assert_ended(
            world,
            job,
            State.FAILED,
            "download_failed",
            charged="yes",
            says=words,
            then="DAILIES_TRUSTED_HOSTS",
        )
    assert "signature=1" not in str(world.shown(job))


VARIABLES = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]


@pytest.mark.fault(
    144, "the clip can be had through a proxy alone, and there is no DNS", "completed, through it"
)
@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
@pytest.mark.parametrize("variable", VARIABLES)
async def test_a_clip_comes_through_the_proxy_of_the_environment(
    world, carry, certificate, clip_bytes, monkeypatch, scheme, variable
):
    with cdn_on(world, certificate, [answer(200, clip_bytes)], names={}) as (cdn, sockets):
        with proxy_server({"cdn.test": cdn.port}) as proxy:
            monkeypatch.setenv(variable, proxy.url(scheme))
            clip_at(world, CDN)
            assert_completed(world, await carry())
        assert (proxy.asked, sockets.hosts) == (["cdn.test:443"], [])
        assert CANARY not in cdn.seen["files"][0].head


@pytest.mark.fault(144, "NO_PROXY names the host of the clip", "completed, without the proxy")
@pytest.mark.parametrize("bypass", ["cdn.test", ".test", "*", "other.example, cdn.test"])
async def test_a_host_that_needs_no_proxy_is_reached_directly(
    world, carry, certificate, clip_bytes, monkeypatch, bypass
):
    names, net = {"cdn.test": [PUBLIC]}, {PUBLIC: "cdn"}
    answers = [answer(200, clip_bytes)]
    with (
        cdn_on(world, certificate, answers, names=names, net=net) as (_, sockets),
        proxy_server({}) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url("http"))
        monkeypatch.setenv("NO_PROXY", bypass)
        clip_at(world, CDN)
        assert_completed(world, await carry())
    assert (proxy.asked, sockets.hosts) == ([], [PUBLIC])


@pytest.mark.fault(
    145, "the provider can be reached through a proxy alone", "completed, through it"
)
@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_the_provider_is_asked_through_the_proxy_of_the_environment(
    world, carry, monkeypatch, scheme, variable
):
    def route(job):
        provider, key = PROVIDERS[job.provider], SecretStr(CANARY)
        return Route(
            provider=provider,
            key=key,
            base_url="http://api.test",
            hosts=TrustedHosts.parse("files.test"),
        )

    monkeypatch.setattr(world, "route", route)
    port = world.provider.port
    with proxy_server({"api.test": port, "files.test": port}) as proxy:
        monkeypatch.setenv(variable, proxy.url(scheme))
        clip_at(world, "http://files.test/files/a.mp4")
        assert_completed(world, await carry())
    assert set(proxy.asked) == {"api.test:80", "files.test:80"}


INNER = [
    "127.0.0.1",
    "[::1]",
    "10.0.0.1",
    "169.254.169.254",
    "[64:ff9b:1::1]",
    "[fec0::1]",
    "[::127.0.0.1]",
    "192.88.99.1",
    "[5f00::1]",
    "2130706433",
    "0x7f.1",
    "017700000001",
    "localhost",
    "localhost.",
    "db.localhost",
    "printer.local",
    "metadata.google.internal",
    "minio",
    "inner.test",
]


@pytest.mark.fault(
    146,
    "a clip in a private network, with a proxy before us that would reach it",
    "failed · download_failed · charged; the proxy is not asked, the address is shown",
)
@pytest.mark.parametrize("host", INNER)
@pytest.mark.parametrize("scheme", ["http", "socks5h"])
async def test_a_proxy_is_no_way_into_a_private_network(
    world, carry, certificate, monkeypatch, host, scheme
):
    names = {"inner.test": [PUBLIC, "10.0.0.7"]}
    with (
        cdn_on(world, certificate, [CLOSE], names=names, net={}) as (_, sockets),
        proxy_server({}) as proxy,
    ):
        monkeypatch.setenv("ALL_PROXY", proxy.url(scheme))
        # This machine itself is never reached through a proxy, so there the direct guard holds.
        clip_at(world, f"https://{host}/files/a.mp4?signature=1")
        job = await carry()
    assert (proxy.asked, sockets.hosts) == ([], [])
    assert job.state is State.FAILED
    if host not in ("localhost", "localhost."):
        assert_refused(world, job, "private network")


@pytest.mark.fault(
    147,
    "a proxy of a kind that cannot be used, or one that is no address",
    "a sentence at the start, without the proxy's password; exit code 1",
)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", f"socks4://user:{CANARY}@proxy.example:1080"),
        ("HTTPS_PROXY", f"ftp://user:{CANARY}@proxy.example"),
        ("http_proxy", f"http://user:{CANARY}@proxy.example:port"),
        ("https_proxy", "http://:3128"),
        ("all_proxy", "socks5://[::1"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_said_at_the_start(tmp_path, variable, value):
    ended = started(tmp_path, {variable: value})
    assert ended.returncode == 1
    said = ended.stdout + ended.stderr
    assert f"The proxy in {variable.upper()} cannot be used" in said
    assert "Traceback" not in said
    assert CANARY not in said


def started(tmp_path, environment):
    """Run `app.py` until it ends by itself."""
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        env=clean | {"DAILIES_DATA_DIR": str(tmp_path / "data")} | environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.fault(
    148,
    "a host with a dead IPv6 address and a good IPv4 one, or the other way about",
    "completed; the next address is tried after a quarter of a second",
)
@pytest.mark.parametrize("dead", [None, "refused"])
@pytest.mark.parametrize(
    "order", [[PUBLIC_6, PUBLIC], [PUBLIC, PUBLIC_6], [PUBLIC_TOO, PUBLIC_6, PUBLIC]]
)
async def test_every_address_of_a_host_is_tried(world, carry, certificate, clip_bytes, dead, order):
    net = dict.fromkeys(order, dead) | {order[-1]: "cdn"}
    names = {"cdn.test": order}
    with cdn_on(world, certificate, [answer(200, clip_bytes)], names=names, net=net) as (
        _,
        sockets,
    ):
        clip_at(world, CDN)
        assert_completed(world, await carry())
        assert set(sockets.hosts) == set(order)


def nat64(prefix, address):
    """An IPv4 address as a network with that prefix of 96 bits writes it."""
    packed = socket.inet_pton(socket.AF_INET6, prefix)[:12] + socket.inet_aton(address)
    return socket.inet_ntop(socket.AF_INET6, packed)


PREFIXES = ["64:ff9b::", "2001:470:64::", "64:ff9b:1::", "fd00:64::"]


@pytest.mark.fault(
    149, "a network that reaches IPv4 by NAT64 alone", "completed; the address inside is judged"
)
@pytest.mark.parametrize("prefix", PREFIXES)
async def test_behind_nat64_the_address_inside_is_judged(
    world, carry, certificate, clip_bytes, prefix
):
    outside, inside = nat64(prefix, PUBLIC), nat64(prefix, "10.0.0.1")
    shown = [nat64(prefix, "192.0.0.170"), nat64(prefix, "192.0.0.171")]
    names = {"cdn.test": [outside], "ipv4only.arpa": shown}
    answers = [answer(200, clip_bytes)]
    with cdn_on(world, certificate, answers, names=names, net={outside: "cdn"}) as (_, sockets):
        clip_at(world, CDN)
        assert_completed(world, await carry())
        names["cdn.test"] = [inside]
        world.orders = 2
        assert_refused(world, await carry(), "private network", f"cdn.test is {inside}")
        assert sockets.hosts == [outside]


@pytest.mark.fault(
    150,
    "fake-ip DNS (198.18.0.0/15), a private CDN, a clip by http",
    "failed · download_failed · charged; address shown; DAILIES_TRUSTED_HOSTS lets it through",
)
@pytest.mark.parametrize(
    ("url", "address", "trusted", "shown"),
    [
        (CDN, "198.18.0.7", "198.18.0.0/15", "cdn.test is 198.18.0.7"),
        (CDN, "198.18.0.7", "cdn.test", "cdn.test is 198.18.0.7"),
        (CDN, "10.1.2.3", ".test", "cdn.test is 10.1.2.3"),
        (CDN, "10.1.2.3", "other.example, *.test", "cdn.test is 10.1.2.3"),
        ("https://10.1.2.3/files/a.mp4", "10.1.2.3", "10.0.0.0/8", "10.1.2.3"),
        (
            "http://cdn.test/files/a.mp4?signature=1",
            PUBLIC,
            "cdn.test",
            "http://cdn.test/files/a.mp4",
        ),
        ("http://10.1.2.3/files/a.mp4", "10.1.2.3", "10.1.2.3", "http://10.1.2.3/files/a.mp4"),
    ],
)
async def test_the_operator_can_allow_what_is_refused(
    world, carry, certificate, clip_bytes, url, address, trusted, shown
):
    names = {"cdn.test": [address], "10.1.2.3": ["10.1.2.3"]}
    serve = {"names": names, "net": {address: "cdn"}, "tls": url.startswith("https:")}
    clip_at(world, url)
    with cdn_on(world, certificate, [CLOSE], **serve) as (_, sockets):
        job = await carry()
        assert_refused(world, job, shown)
        assert sockets.hosts == []
    if url.startswith("https://10."):
        return  # no certificate is made out to an address; that it is connected to is shown below
    hosts = TrustedHosts.parse(trusted)
    with cdn_on(world, certificate, [answer(200, clip_bytes)], hosts=hosts, **serve):
        world.store.change(job.id, state=State.RUNNING, error=None)
        assert_completed(world, await world.carry(job))


async def test_only_what_was_trusted_is_let_through():
    hosts = TrustedHosts.parse("cdn.test 198.18.0.0/15")

    async def lookup(host, port):
        return ["198.18.0.7", "10.0.0.1"] if host == "mixed.test" else ["10.0.0.1"]

    guard = PublicOnly(None, lookup, Net({"10.0.0.1": "refused"}), hosts=hosts)
    for refused in ("mixed.test", "acdn.test", "cdn.test.example", "10.0.0.1"):
        with pytest.raises(Exception, match="private network"):
            await guard.connect_tcp(refused, 443)
    with suppress(httpcore.ConnectError):
        await guard.connect_tcp("cdn.test", 443)
    assert guard._sockets.hosts == ["10.0.0.1"]
