"""Serves the sandbox on loopback, for curl and for clients of any kind.

With `--catalog` it plays back vendors' own catalogs from disk instead of offering the built-in
models, and takes orders for every video model in them, strictly: what a document forbids is
refused.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import uvicorn

from core.models import MODELS
from core.sandbox import create_sandbox, playback
from core.sandbox.task_service import Models
from core.schema.openapi import BrokenDocument

log = logging.getLogger(__name__)


def main() -> None:
    """Read the options and serve until stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m core.sandbox",
        description=__doc__,
        epilog=playback.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--folder", type=Path, default=Path("data/sandbox"))
    parser.add_argument("--pace", choices=("fast", "real"), default="fast")
    parser.add_argument("--catalog", type=Path, nargs="+", metavar="FILE_OR_FOLDER", default=[])
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        models = _models(options.catalog)
    except BrokenDocument as error:
        parser.error(str(error))
    app = create_sandbox(options.folder, models=models, pace=options.pace)
    uvicorn.run(app, host="127.0.0.1", port=options.port)


def _models(places: list[Path]) -> Models:
    if not places:
        return lambda: MODELS
    recorded = playback.read_recorded(places)
    log.info("%d models are played back", len(recorded.models))
    return recorded


if __name__ == "__main__":
    main()
