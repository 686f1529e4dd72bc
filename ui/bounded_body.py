"""Lets an app read a body as far as it is fit, and answers in its place where the body is not.

What an app makes of a body that ends in the middle, an error with a traceback, concerns nobody: not
who sent too much, who gets 413 with a sentence, and not who has gone.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Judge = Callable[[bytes], str]
"""Hears each piece of a body, and says in a sentence what is wrong with it so far."""


async def bounded(app: ASGIApp, judge: Judge, scope: Scope, receive: Receive, send: Send) -> None:
    """Let `app` answer a request as long as `judge` says nothing of its body."""
    wrong, begun = "", False

    async def receiving() -> Message:
        nonlocal wrong
        message = await receive()
        wrong = wrong or judge(message.get("body", b""))
        return {"type": "http.disconnect"} if wrong else message

    async def sending(message: Message) -> None:
        nonlocal begun
        if begun or not wrong:
            begun = True
            await send(message)

    try:
        await app(scope, receiving, sending)
    except ClientDisconnect:
        pass
    except Exception:
        if begun or not wrong:
            raise
    if wrong and not begun:
        await JSONResponse({"error": wrong}, 413)(scope, receive, send)
