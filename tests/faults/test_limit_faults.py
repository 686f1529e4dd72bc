"""What an outsider takes too much of: GIFs, connections, derivations, room on the disk."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from served_page import served_page
from world import WAN

from core.gif_orders import KEPT

# Gradio's own use of pandas warns in its own thread, where nobody can catch it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def sandboxed(tmp_path_factory):
    """The page over the sandbox; gives the studio and the address."""
    folder = tmp_path_factory.mktemp("page") / "data"
    with served_page(folder) as opened:
        yield opened


@pytest.mark.fault(
    210,
    "40 GIFs to order at once, of slightly different rates and widths",
    "400 for sizes off the list; two at a time, else 429 with a wait; four files stay",
)
def test_gifs_to_order_take_no_more_than_two_places(sandboxed):
    studio, address = sandboxed
    job = studio.wait(studio.submit(WAN, {"prompt": "a fox", "num_frames": 18}).id)
    sizes = [(960, 8 + number / 100) for number in range(20)]
    sizes += [(width, fps) for width in (416, 480, 640, 800, 960) for fps in (8, 10, 12, 25)]

    def ask(size):
        order = {"width": size[0], "fps": size[1]}
        return httpx.post(f"{address}/dailies/jobs/{job.id}/gif", json=order, timeout=60)

    with ThreadPoolExecutor(40) as visitors:
        said = list(visitors.map(ask, sizes))
    statuses = [answer.status_code for answer in said]
    assert statuses[1:20] == [400] * 19
    assert {200, 400} <= set(statuses) <= {200, 400, 429}
    assert all(
        int(answer.headers["retry-after"]) >= 1 for answer in said if answer.status_code == 429
    )
    folder = studio.settings.dailies_data_dir / "takes" / job.id
    assert 1 <= len(list(folder.glob("gif-*"))) <= KEPT
