"""An address that no provider can fetch from is refused at its field before anything is ordered."""

import pytest

from core import Settings, open_studio
from core.client.trusted_hosts import NOBODY, TrustedHosts
from core.errors import InvalidInput
from core.jobs.inputs.addresses import out_of_reach

VIDEO = "aimlapi:krea/krea-wan-14b/video-to-video"
HOSTS = """
127.0.0.1 127.1 0x7f.1 0x7f000001 2130706433 017700000001 10.0.0.1 172.16.0.1 192.168.1.1
169.254.169.254 100.64.0.1 198.18.0.1 192.88.99.1 0.0.0.0 [::1] [::127.0.0.1] [::ffff:10.0.0.1]
[fec0::1] [fd00::1] [fe80::1%25eth0] [5f00::1] [64:ff9b:1::1] [64:ff9b::a00:1] localhost LOCALHOST
localhost. a.localhost printer.local db.internal nas.lan router.home.arpa minio １２７.0.0.1
""".split()  # noqa: SIM905  a table of words
PLACES = {
    "image_url": lambda url: url,
    "images": lambda url: ["https://cdn.example.com/a.png", url],
    "elements": lambda url: {"first": [{"url": url}]},
    "webhook": lambda url: f" {url} ",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("host", HOSTS)
def test_a_private_address_is_found_wherever_it_stands(host, place):
    given = PLACES[place](f"https://{host}:8443/a.mp4")
    problems = out_of_reach({"prompt": "a fox", "seed": 7, place: given}, NOBODY)
    assert list(problems) == [place]
    assert "private network" in problems[place]


@pytest.mark.parametrize(
    "url",
    [
        "https://user:word@cdn.example.com/a.mp4",
        "https://cdn.example.com@127.0.0.1/a.mp4",
        "https://127.0.0.1\\@cdn.example.com/a.mp4",
        "https://[::1/a.mp4",
        "https://cdn.example.com:port/a.mp4",
        "https:///a.mp4",
    ],
)
def test_an_address_that_two_clients_read_in_two_ways_is_refused(url):
    assert "cannot be read" in out_of_reach({"video_url": url}, NOBODY)["video_url"]


@pytest.mark.parametrize(
    "params",
    [
        {"prompt": "https://localhost/", "negative_prompt": "http://10.0.0.1"},
        {"video_url": "https://cdn.example.com/a.mp4?b=https://127.0.0.1/"},
        {"video_url": "data:video/mp4;base64,AAAA"},
        {"video_url": "/takes/0123456789abcdef0123456789abcdef/clip.mp4"},
        {"style": "as on http://localhost in 1999", "seed": 2130706433, "tags": ["localhost"]},
    ],
)
def test_what_is_no_private_address_is_let_through(params):
    assert out_of_reach(params, NOBODY) == {}


def test_a_host_that_the_operator_trusts_is_let_through():
    hosts = TrustedHosts.parse("10.0.0.0/8, minio")
    assert out_of_reach({"a": "https://10.1.2.3/a.png", "b": "https://minio/a.png"}, hosts) == {}
    assert list(out_of_reach({"a": "https://192.168.0.1/a.png"}, hosts)) == ["a"]


def test_an_order_with_a_private_address_is_refused_at_its_field(tmp_path):
    with open_studio(Settings(dailies_data_dir=tmp_path)) as studio:
        with pytest.raises(InvalidInput) as refused:
            studio.submit(VIDEO, {"prompt": "a fox", "video_url": "https://169.254.169.254/a.mp4"})
        assert list(refused.value.problems) == ["video_url"]
        assert studio.jobs() == []
