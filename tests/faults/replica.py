"""A studio in a process of its own, as on a machine called so: `replica.py FOLDER HOST [MODEL]`.

It looks for dead runners five times a second. SIGTERM ends it as a server ends.
"""

import asyncio
import logging
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import core
from core import Pauses, Settings, open_studio
from core.runner import Runner


async def hurry(seconds):
    await asyncio.sleep(seconds * 0.1)


def main(folder, host, *order):
    logging.basicConfig(level=logging.DEBUG)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    socket.gethostname = lambda: host
    core.Runner = partial(Runner, beat=0.2, dead_after=1.0)
    with open_studio(Settings(dailies_data_dir=Path(folder)), pauses=Pauses(sleep=hurry)) as studio:
        said = studio.submit(order[0], {"prompt": "a fox", "num_frames": 18}).id if order else host
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
