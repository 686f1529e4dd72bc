"""A studio in a process of its own, as on a machine called so: `replica.py FOLDER HOST [MODEL]`.

It looks for dead runners five times a second. SIGTERM ends it as a server ends. Its clock stands
`REPLICA_AHEAD` seconds ahead of this machine's; `REPLICA_PID` is the number that it believes in,
and `REPLICA_BOOT` what its machine tells of its start.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import core
from core import Clock, Settings, open_studio
from core.jobs import liveness, runner
from core.jobs.runner import Runner


async def hurry(seconds):
    await asyncio.sleep(seconds * 0.1)


def main(folder, host, *order):
    logging.basicConfig(level=logging.DEBUG)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    socket.gethostname = lambda: host
    if "REPLICA_PID" in os.environ:
        os.getpid = lambda: int(os.environ["REPLICA_PID"])
    if "REPLICA_BOOT" in os.environ:
        liveness.own_boot = runner.own_boot = lambda: os.environ["REPLICA_BOOT"]
    core.Runner = partial(Runner, beat=0.2, dead_after=1.0)
    ahead = timedelta(seconds=float(os.environ.get("REPLICA_AHEAD", "0")))
    clock = Clock(sleep=hurry, now=lambda: datetime.now(UTC) + ahead)
    with open_studio(Settings(dailies_data_dir=Path(folder)), clock=clock) as studio:
        said = studio.submit(order[0], {"prompt": "a fox", "num_frames": 18}).id if order else host
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
