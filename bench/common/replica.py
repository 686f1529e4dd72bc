"""A studio in a process of its own: `replica.py ORDERS`. It says so when it stands, orders when it
is told to by a line, and ends when its input does."""

import sys

from core import Settings, open_studio

WAN = "aimlapi:krea/krea-wan-14b/text-to-video"


def main(orders: str) -> None:
    with open_studio(Settings()) as studio:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for number in range(int(orders)):
            studio.submit(WAN, {"prompt": f"replica {number}", "num_frames": 18})
        sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
