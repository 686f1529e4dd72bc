"""Only what IANA's registries call globally reachable is public, however it is written."""

import pytest

from core.client.public_addresses import can_be_public, is_public, nat64_prefixes
from core.client.trusted_hosts import TrustedHosts

# Every row of IANA's special-purpose registries for IPv4 and IPv6 (seen 2026-11), with an address
# in it, but those that are globally reachable; and what lies outside of 2000::/3.
SET_ASIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.8",
    "192.0.0.9",
    "192.0.0.10",
    "192.0.0.170",
    "192.0.0.171",
    "192.0.2.1",
    "192.88.99.1",
    "192.88.99.2",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "232.1.1.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.254",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::c0a8:1",
    "64:ff9b:1::1",
    "64:ff9b:1::808:808",
    "64:ff9b:2::1",
    "100::1",
    "100:0:0:1::1",
    "200::1",
    "400::1",
    "1000::1",
    "2001::1",
    "2001:0:53aa:64c::1",
    "2001:1::1",
    "2001:1::3",
    "2001:2::1",
    "2001:3::1",
    "2001:4:112::1",
    "2001:10::1",
    "2001:20::1",
    "2001:30::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "6000::1",
    "8000::1",
    "a000::1",
    "c000::1",
    "e000::1",
    "f000::1",
    "f800::1",
    "fc00::1",
    "fd00::1",
    "fe00::1",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "fec0:0:0:ffff::1",
    "feff::1",
    "ff02::1",
    "ff0e::1",
]
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.98.1",
    "192.88.100.1",
    "192.167.255.255",
    "192.175.48.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2001:200::1",
    "2001:470::1",
    "2003::1",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "2620:4f:8000::1",
    "2a00:1450:4001::1",
    "3ffe:ffff::1",
]


@pytest.mark.parametrize("address", [*SET_ASIDE, "nonsense", "", "8.8.8.8.8"])
def test_what_is_set_aside_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_handed_out_is_public(address):
    assert is_public(address)


SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0",
    "0x0",
    "10.1",
    "0xa000001",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[fec0::1]",
    "[fe80::1%25eth0]",
    "127.0.0.1.",
    "１２７.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "printer.local",
    "nas.lan",
    "db.internal",
    "metadata.google.internal",
    "x.intranet",
    "router.home",
    "x.home.arpa",
    "host.corp",
    "x.private",
    "minio",
    "postgres",
    "localhost.localdomain",
]


@pytest.mark.parametrize("host", [*SPELLINGS, "", "."])
def test_a_host_of_an_inner_network_is_known_however_it_is_spelt(host):
    assert not can_be_public(host)


@pytest.mark.parametrize(
    "host",
    [
        "cdn.example.com",
        "assets.test",
        "8.8.8.8",
        "134744072",
        "[2606:2800:21f::1]",
        "lan.example.com",
    ],
)
def test_a_host_outside_is_let_through(host):
    assert can_be_public(host)


@pytest.mark.parametrize(
    ("known", "inner", "outer"),
    [
        # RFC 6052, 2.4, with the well-known addresses and two others in the place of its example.
        ("2001:470:c000:aa::", "2001:470:a00:1::", "2001:470:808:808::"),
        ("2001:470:1c0:0:aa::", "2001:470:10a:0:1::", "2001:470:108:808:8::"),
        ("2001:470:122:c000:0:aa00::", "2001:470:122:a00:0:100::", "2001:470:122:808:8:800::"),
        ("2001:470:122:3c0:0:aa::", "2001:470:122:30a:0:1::", "2001:470:122:308:8:808::"),
        (
            "2001:470:122:344:c0:0:aa00::",
            "2001:470:122:344:a:0:100:0",
            "2001:470:122:344:8:808:800::",
        ),
        ("2001:470:122:344::c000:aa", "2001:470:122:344::a00:1", "2001:470:122:344::808:808"),
    ],
)
def test_each_length_of_a_nat64_prefix_is_found_and_looked_into(known, inner, outer):
    prefixes = nat64_prefixes([known, "192.0.0.170"])
    assert len(prefixes) == 1
    assert not is_public(inner, prefixes)
    assert is_public(outer, prefixes)


def test_a_network_without_nat64_has_no_prefix():
    assert nat64_prefixes(["192.0.0.170", "192.0.0.171"]) == ()
    assert nat64_prefixes(["2606:2800:21f::1"]) == ()


def test_a_list_of_hosts_is_read_as_names_endings_and_networks():
    hosts = TrustedHosts.parse(" CDN.example.com, *.lan .corp,198.18.0.0/15\n10.1.2.3, fd00::/8 ")
    for trusted in (
        *("cdn.example.com", "CDN.EXAMPLE.COM.", "nas.lan", "a.b.corp", "198.19.0.1"),
        *("10.1.2.3", "[fd00::1]", "0xa010203"),
    ):
        assert hosts.has(trusted), trusted
    for other in ("example.com", "a.cdn.example.com", "lan", "10.1.2.4", "[fe80::1]", "xlan"):
        assert not hosts.has(other), other


@pytest.mark.parametrize(
    "text", ["https://cdn.example.com", "10.0.0.0/99", "a/b", "cdn:8080", "ü ber!"]
)
def test_a_list_that_cannot_be_read_says_which_entry(text):
    with pytest.raises(ValueError, match="neither the name of a host"):
        TrustedHosts.parse(text)


def test_nobody_is_trusted_by_default():
    assert not TrustedHosts.parse("").has("cdn.example.com")
