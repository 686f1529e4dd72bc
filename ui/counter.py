"""The routes at which the page's own scripts order, see an order as code, and hand over a key.

Routes and not Gradio's events: an event needs hidden components, which every opening of the page
pays for, and its answer passes through Gradio's session. A key goes in here and never comes out.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import PROVIDERS, InvalidInput, Studio
from core.errors import NotConfirmed
from core.models import check_and_draw
from ui.api import LONGEST_KEY, with_files
from ui.arguments import text, values
from ui.code import written
from ui.proxies import caller_of
from ui.routes import answered_to
from ui.visitor import Visitor, visitor_of

Json = dict[str, Any]


class OrderRoutes:
    """The routes over one studio."""

    def __init__(self, studio: Studio) -> None:
        """Take the studio that is ordered from."""
        self._studio = studio

    def routes(self) -> list[Route]:
        """Return the routes, to be matched before Gradio's."""
        return [
            Route("/dailies/orders", self.order, methods=["POST"]),
            Route("/dailies/code", self.code, methods=["POST"]),
            Route("/dailies/keys", self.key, methods=["POST"]),
        ]

    async def order(self, request: Request) -> Response:
        """Order a clip: {"model", "params", "key", "confirmed"} in.

        Out comes {"job"}, or {"problems"} by parameter, or {"confirm"} with a question: the same
        order is taken with `confirmed`. The same `key`, or `Idempotency-Key` header, gives the same
        job again. What is no order at all is refused with 400.
        """
        return await answered_to(request, lambda body, _: self._order(body, request))

    async def code(self, request: Request) -> Response:
        """Give {"model", "params"} as a program in each language."""
        return await answered_to(request, self._code)

    async def key(self, request: Request) -> Response:
        """Use {"provider", "key"} for this visit; an empty key forgets the one before."""
        return await answered_to(request, self._key)

    def _order(self, body: Json, request: Request) -> Json:
        model = text("model", body.get("model"))
        told = body.get("key") or request.headers.get("idempotency-key")
        key = text("key", told, longest=LONGEST_KEY) or None
        visitor = visitor_of(request, key)
        owner, browser = visitor.owner, visitor.browser
        params = values(body.get("params"))
        try:
            given = with_files(self._studio.spec(model, owner, browser), params)
            job = self._studio.submit(
                model,
                given,
                owner=owner,
                browser=browser,
                request_key=key,
                confirmed=body.get("confirmed") is True,
                address=caller_of(request),
            )
        except InvalidInput as error:
            # What a person can mend in the form: a browser would log another status as a fault.
            return {"problems": error.problems, "error": str(error)}
        except NotConfirmed as error:
            return {"confirm": str(error)}
        return {"job": self._studio.describe(job)}

    def _code(self, body: Json, visitor: Visitor) -> Json:
        spec = self._studio.spec(text("model", body.get("model")), visitor.owner, visitor.browser)
        checked = check_and_draw(spec, values(body.get("params")))
        return {"programs": written(spec, checked.values)}

    def _key(self, body: Json, visitor: Visitor) -> Json:
        provider, key = text("provider", body.get("provider")), text("key", body.get("key")).strip()
        self._studio.set_key(visitor.owner, provider, key, visitor.browser)
        if not key:
            return {"said": "Forgotten."}
        return {"said": f"In use for your visit: {PROVIDERS[provider].label} is live now."}
