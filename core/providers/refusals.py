"""Words the error that a vendor's refusal means, the same for all vendors; pure functions only."""

from __future__ import annotations

from core.errors import (
    Forbidden,
    Moderated,
    NotFound,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from core.providers.error_text import reply_sentence
from core.providers.protocol import Reason, Reply
from core.providers.reasons import told


def refusal(label: str, reply: Reply) -> ProviderError:
    """Return the error that an answer means at any vendor; `label` is the vendor's name."""
    words = reply_sentence(reply)
    why = told(words if reply.body is None else reply.words, reply.status)
    error = _by_words(label, reply.status, why.reason, why.what) or _by_status(label, reply.status)
    error.provider_message = words
    return error


def _by_words(label: str, status: int, reason: Reason, what: str) -> ProviderError | None:
    match reason:
        case Reason.CREDIT:
            # Seen with money left in the account, so it does not say that the balance is zero.
            said = f"{label} says that the account cannot pay for this."
            return OutOfCredit(said, status=status)
        case Reason.PLAN:
            error = OutOfCredit(f"The plan at {label} does not include this.", status=status)
            error.next_step = "Choose another model, or another plan at the provider."
            return error
        case Reason.CONTENT:
            return Moderated(label, what, status=status)
        case Reason.KEY:
            return Unauthorized(f"{label} refused the key.", status=status)
        case Reason.UNTOLD:
            return None


def _by_status(label: str, status: int) -> ProviderError:
    if status == 403:
        return Forbidden(f"{label} does not allow this to the account.", status=status)
    if status in (404, 410):
        return NotFound(f"{label} does not know this model or task.", status=status)
    if status == 429:
        return RateLimited(f"{label} takes no more orders just now.", status=status)
    if 200 <= status < 300:
        return Rejected(f"{label} refused the order.", status=status)
    if status >= 500 or status < 400:
        return Unavailable(f"{label} is not available (HTTP {status}).", status=status)
    return Rejected(f"{label} refused the request.", status=status)
