"""A studio in a process of its own, to be killed: `child.py FOLDER [MODEL PROMPT]`."""

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from core import Clock, Settings, open_studio

SMALL = {"aimlapi": {"num_frames": 18}, "krea": {"duration": 5}}


async def hurry(seconds):
    await asyncio.sleep(seconds * 0.2)


def main(folder, *order):
    settings = Settings(dailies_data_dir=Path(folder))
    with open_studio(settings, clock=Clock(sleep=hurry)) as studio:
        said = "ready"
        if order:
            model, prompt = order
            small = SMALL[model.partition(":")[0]]
            said = studio.submit(model, {"prompt": prompt, **small}).id
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
