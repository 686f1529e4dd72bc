"""Serves the sandbox on loopback, for curl and for clients of any kind."""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn

from core.sandbox import create_sandbox


def main() -> None:
    """Read the options and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m core.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--folder", type=Path, default=Path("data/sandbox"))
    parser.add_argument("--pace", choices=("fast", "real"), default="fast")
    options = parser.parse_args()
    app = create_sandbox(options.folder, pace=options.pace)
    uvicorn.run(app, host="127.0.0.1", port=options.port)


if __name__ == "__main__":
    main()
