"""Everything that can go wrong, cut by who is at fault and what to do; it may only describe.

* StudioError             str(error) is a sentence for the user, with the remedy in it
  x InvalidInput          our own check of a value; nothing was sent
  x UnknownJob            no such job, or not this caller's
  x TaskTaken             the provider's task is another job's already
  x OtherOrder            a request key came again with another order
  x NotAllowed            today's allowance does not cover it; nothing was sent
  x NotConfirmed          it costs more than goes without asking; nothing was sent
  x Busy                  all places are taken for a moment    .retry_after
  x MissingKey            this needs an API key that is not here (any more)
  x ProviderError         the API answered, and said no        .status .retry_after
    + Unauthorized        the key was refused
    + Forbidden           the key is good, and its account may not do this
    + OutOfCredit         no money, or not enough plan
    + Rejected            the request was refused
      - Moderated         its content was refused              .what
    + NotFound            no such model, or no such task (any more)
    + RateLimited         too many requests
    + Unavailable         the API is broken or overloaded
  x Unreachable           the request never left: safe to send again
  x NeverSent             an order that could not be put into a request
  x Unanswered            it left and no answer came: it may have been charged
  x Unintelligible        an answer that cannot be read
  x GenerationFailed      the task ran at the provider, and failed              .usage
    + TaskUnpaid          the account could not pay for it
    + TaskModerated       its content, or what came out, was refused
  x GenerationCancelled   the task was cancelled at the provider
  x DownloadFailed        the clip was made and could not be fetched
  x MediaError            a file that ffmpeg or Pillow cannot use
    + UnsafeMedia         a file that is not what it claims, or too large to open
  x StorageError          the disk is full, read-only or gone
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

Charged = Literal["yes", "no", "unknown"]
"""Whether the provider took money for a job, as far as can be known."""


@dataclass(frozen=True, kw_only=True)
class ErrorReport:
    """An error as it is kept in a job's row and shown: what, why, whether it cost, what now."""

    kind: str
    message: str
    charged: Charged
    next_step: str
    provider_message: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the five fields as the public API gives them."""
        return asdict(self)


class StudioError(Exception):
    """The root; `charged` and `next_step` hold for the job that met it."""

    kind: ClassVar[str] = "error"
    charged: Charged = "no"
    next_step: str = "Try again."
    provider_message: str | None = None

    def report(self, *, charged: Charged | None = None) -> ErrorReport:
        """Return the error as a job keeps it; the caller may know better whether it was charged."""
        return ErrorReport(
            kind=self.kind,
            message=str(self),
            charged=charged or self.charged,
            next_step=self.next_step,
            provider_message=self.provider_message,
        )


class InvalidInput(StudioError):
    """Values that the model does not take: `problems` maps each parameter's name to the reason."""

    kind = "invalid_input"
    next_step = "Correct the marked field and generate again."

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(f"{name}: {why}" for name, why in self.problems.items()))


class UnknownJob(StudioError):
    """No such job, or not this caller's: the two look alike on purpose."""

    kind = "unknown_job"
    next_step = "Check the job's id."


class TaskTaken(StudioError):
    """The provider's task is another job's already: no two jobs hold one."""

    kind = "task_taken"
    next_step = "Check the generation id: each take has a task of its own."


class OtherOrder(StudioError):
    """A request key came again with another order than the first time; nothing was sent."""

    kind = "other_order"
    next_step = "Send it with a key of its own."


class NotAllowed(StudioError):
    """The day's allowance, of the person or of the server, does not cover the order."""

    kind = "not_allowed"
    next_step = "Wait until midnight UTC, or use a key of your own under Keys."


class NotConfirmed(StudioError):
    """The order costs more than goes without asking."""

    kind = "not_confirmed"
    next_step = "Order it again with a confirmation."


class Busy(StudioError):
    """All places for this work are taken; `retry_after` says in how many seconds to come again."""

    kind = "busy"
    next_step = "Try again in a moment."

    def __init__(self, message: str, *, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class MissingKey(StudioError):
    """An API key is needed and is not here."""

    kind = "missing_key"
    next_step = "Enter the provider's API key under Keys."


class ProviderError(StudioError):
    """The API answered, and said no; `retry_after` is in seconds where it asked for a pause."""

    kind = "provider_error"
    retry_after: float | None = None

    def __init__(self, message: str, *, status: int, provider_message: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.provider_message = provider_message


class Unauthorized(ProviderError):
    """The key was refused."""

    kind = "unauthorized"
    next_step = "Check the key under Keys, or make a new one on the provider's page."


class Forbidden(ProviderError):
    """The account may not do this: for its region, its rights, or until it is verified."""

    kind = "forbidden"
    next_step = "See what the provider says: it is settled with the account, on its page."


class OutOfCredit(ProviderError):
    """The account has nothing left to spend, or its plan does not include the model."""

    kind = "out_of_credit"
    next_step = "Top up the account at the provider, then generate again."


class Rejected(ProviderError):
    """The request, or what it asks for, was refused."""

    kind = "rejected"
    next_step = "Change what the provider objects to, then generate again."


class Moderated(Rejected):
    """The content was refused by moderation; `what` of it, where the provider told."""

    kind = "moderated"

    def __init__(self, label: str, what: str, *, status: int) -> None:
        super().__init__(moderation(label, what), status=status)
        self.what = what
        self.next_step = after_moderation(what)


class NotFound(ProviderError):
    """The provider knows no such model or task (any more)."""

    kind = "not_found"
    next_step = "Choose another model."


class RateLimited(ProviderError):
    """Too many requests."""

    kind = "rate_limited"
    next_step = "Wait a little, then generate again."


class Unavailable(ProviderError):
    """The API is broken or overloaded."""

    kind = "unavailable"
    next_step = "Try again in a few minutes."


class Unreachable(StudioError):
    """The request never left this machine, so sending it again is safe."""

    kind = "unreachable"
    next_step = "Check the network, then generate again."


class NeverSent(StudioError):
    """An order that could not be put into a request: not a byte of it left this machine."""

    kind = "never_sent"
    next_step = "Look at the prompt and the settings, then generate again."


class Unanswered(StudioError):
    """The order left and no readable answer came: it may have been accepted and charged."""

    kind = "unanswered"
    charged: Charged = "unknown"
    next_step = (
        "Look for it at the provider again, enter its generation id by hand, or order it anew."
    )


class Unintelligible(StudioError):
    """An answer that cannot be read."""

    kind = "unintelligible"
    charged: Charged = "unknown"
    next_step = "Try again; if it stays so, the provider has changed its answers."


class GenerationFailed(StudioError):
    """The task ran at the provider, and failed.

    Both vendors say that they do not charge these; where the answer carries `usage` above zero all
    the same ({"credits": int, "usd": float}), that is what it cost.
    """

    kind = "generation_failed"
    next_step = "Change the prompt or the settings, then generate again."

    def __init__(self, message: str, *, provider_message: str | None = None) -> None:
        super().__init__(message)
        self.provider_message = provider_message
        self.usage: Mapping[str, float] = {}

    def bill(self, usage: Mapping[str, float], *, unread: bool = False) -> None:
        """Take down what the failing answer itself says that the task cost.

        `unread`: it says something that is no figure, so that nobody knows.
        """
        if any(amount > 0 for amount in usage.values()):
            self.charged, self.usage = "yes", dict(usage)
        elif unread:
            self.charged = "unknown"


class TaskUnpaid(GenerationFailed):
    """The account could not pay for the task, which was found out after it was taken."""

    kind = "out_of_credit"
    next_step = OutOfCredit.next_step


class TaskModerated(GenerationFailed):
    """The content of the task, or what came out of it, was refused by moderation."""

    kind = "moderated"


class GenerationCancelled(GenerationFailed):
    """The task was cancelled at the provider, here or elsewhere."""

    kind = "cancelled"
    next_step = "Generate again if you still want it."


class DownloadFailed(StudioError):
    """The clip was made, and paid for, and could not be fetched; the job keeps its id."""

    kind = "download_failed"
    charged: Charged = "yes"
    next_step = "Fetch it again: the provider still has the clip."


class MediaError(StudioError):
    """A file that ffmpeg or Pillow cannot use."""

    kind = "media"
    next_step = "Use another file."


class UnsafeMedia(MediaError):
    """A file that is not what it claims to be, or is too large to be opened."""

    kind = "unsafe_media"


class StorageError(StudioError):
    """The disk is full, read-only or gone."""

    kind = "storage"
    next_step = "Make room in the data directory, then try again."


def moderation(label: str, what: str) -> str:
    """Return the sentence that says what moderation refused; `what` as `Moderated` has it."""
    named = _CONTENTS.get(what) or (f"the file in {what}" if what else "the content")
    return f"{label} refused {named}: it goes against the rules for content there."


def after_moderation(what: str) -> str:
    """Return what to do then."""
    match what:
        case "prompt":
            return "Change the prompt, then generate again."
        case "result":
            return "Change the prompt or the seed, then generate again."
        case "":
            return "Change the prompt or the files, then generate again."
        case _:
            return "Use another file, or change the prompt, then generate again."


_CONTENTS = {
    "prompt": "the prompt",
    "result": "the result",
    **{kind: f"the {kind}" for kind in ("image", "video", "audio", "photo", "picture", "file")},
    **{f"{place} frame": f"the {place} frame" for place in ("first", "last", "start", "end")},
    "frame": "a frame",
}
