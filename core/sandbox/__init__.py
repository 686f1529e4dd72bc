"""Both vendors' APIs, played here: no key, no network, no bill, and real clips.

`create_sandbox` gives an ASGI app, for a transport in this process or for a loopback port
(`python -m core.sandbox --port 8123`). Any key will do but two: `refused` meets a 401, and `poor`
has no credit. Words in the prompt make it go wrong: see `core.sandbox.faults`.
"""

from core.sandbox.app import create_sandbox

__all__ = ["create_sandbox"]
