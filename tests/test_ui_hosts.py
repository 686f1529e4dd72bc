"""A host is known by its name however it is spelled, and by no other name."""

import pytest

from core import Settings
from ui.hosts import Host, Hosts, hosts_of, read_host, read_name, read_origin

LOCAL = ["localhost", "LOCALHOST:7860", "localhost.:1", "a.localhost", "127.0.0.1", "127.9.9.9:80"]


def has(hosts, text):
    return hosts.has(read_host(text))


@pytest.mark.parametrize("name", [*LOCAL, "[::1]", "[::1]:7860", "[::ffff:127.0.0.1]"])
def test_loopback_names_are_ours_at_any_port(name):
    assert has(Hosts(), name)


@pytest.mark.parametrize(
    "name",
    [
        "evil.example",
        "localhost.evil.example",
        "evil-localhost",
        "127.0.0.1.evil.example",
        "127.0.0.1.nip.io",
        "192.168.1.7",
        "0.0.0.0",
        "[::]",
        "[2001:db8::1]",
        "127.1",
        "0x7f000001",
        "2130706433",
    ],
)
def test_all_other_names_are_not_ours(name):
    assert not has(Hosts(), name)


NO_HOSTS = """. :7860 [ [] [::1 [zz] a:b localhost:99999 a/b u@localhost local\x00host lоcalhost"""


@pytest.mark.parametrize("text", ["", "a b", "x" * 300, *NO_HOSTS.split()])
def test_what_is_no_host_is_none(text):
    assert read_host(text) is None


def test_a_pattern_stands_for_names_below_it_and_not_for_itself():
    hosts = Hosts(["*.example.com", "Studio.Example.", "10.1.2.3", "bücher.example"])
    assert all(has(hosts, name) for name in ("a.example.com", "A.B.EXAMPLE.com.:8443"))
    assert has(hosts, "studio.example:8443")
    assert has(hosts, "10.1.2.3")
    assert has(hosts, "xn--bcher-kva.example")
    others = ("example.com", "badexample.com", "a.example.com.evil", "x.studio.example", "10.1.2.4")
    assert not any(has(hosts, name) for name in others)


def test_a_name_may_be_given_as_an_address_with_scheme_and_port():
    assert read_name("https://studio.example:8443/x") == "studio.example"
    assert read_name("::1") == "::1"


@pytest.mark.parametrize(
    "name", ["*", "*.", "a b", "*.*.example", "http://", "[::1", "a*b.example"]
)
def test_a_setting_that_names_no_host_is_refused_with_a_sentence(name):
    with pytest.raises(ValueError, match=r"is no name of a host"):
        Hosts([name])


def test_bound_everywhere_any_address_in_figures_is_ours_and_the_machine_s_name():
    import socket

    hosts = hosts_of(Settings(gradio_server_name="0.0.0.0"))
    for name in ("192.168.1.7:7860", "[fe80::1]", "0.0.0.0", socket.gethostname()):
        assert has(hosts, name)
    assert not has(hosts, "evil.example")


def test_bound_to_one_address_that_one_is_ours():
    assert has(hosts_of(Settings(gradio_server_name="192.168.1.7")), "192.168.1.7:7860")
    assert not has(hosts_of(Settings(gradio_server_name="192.168.1.7")), "192.168.1.8")
    assert has(hosts_of(Settings(gradio_server_name="studio.lan")), "studio.lan")


def test_the_public_address_and_the_space_are_ours():
    public = hosts_of(Settings(dailies_public_url="https://Studio.example:8443/x"))
    assert has(public, "studio.example")
    space = hosts_of(Settings(space_id="Me/My_Dailies", space_host="me-my-dailies.hf.space"))
    assert has(space, "me-my-dailies.hf.space")
    assert has(hosts_of(Settings(space_id="Me/My_Dailies")), "me-my-dailies.hf.space")
    assert not has(space, "evil.hf.space")
    assert not has(hosts_of(Settings(space_host="me.hf.space")), "me.hf.space")


def test_an_origin_is_a_scheme_and_a_host():
    assert read_origin("https://Studio.example") == ("https", Host("studio.example"))
    assert read_origin("http://[::1]:80") == ("http", Host("::1", 80))
    for text in ("null", "", "http://[", "http://", "studio.example", "file://", "http://a/b"):
        assert read_origin(text) is None
