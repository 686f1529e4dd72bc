"""The whole page on a real loopback port, over a studio whose world is the sandbox."""

import asyncio
from contextlib import contextmanager

# Gradio leaves event loops behind. Collected while pytest's summary first imports hypothesis, their
# warnings crash Python 3.11.7 ("AST constructor recursion depth mismatch"): so it is imported now.
import hypothesis  # noqa: F401

# FastAPI imports it at the first route; a collection in the midst of that trips over the import's
# own lock there (3.11.7: KeyError in _ModuleLock).
import pydantic.v1  # noqa: F401
from served import serve_app

from core import Clock, Settings, open_studio
from ui.server import build_app


async def hurry(seconds):
    await asyncio.sleep(seconds * 0.2)


@contextmanager
def served_page(folder, **settings):
    """Serve the page over a fresh studio in `folder`; gives the studio and the address.

    All callers are one unless `dailies_visitors` says otherwise.
    """
    chosen = {"dailies_visitors": "together"} | settings
    with (
        open_studio(
            Settings(dailies_data_dir=folder, **chosen), clock=Clock(sleep=hurry)
        ) as studio,
        serve_app(build_app(studio)) as address,
    ):
        yield studio, address
