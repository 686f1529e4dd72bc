"""Counts what is ordered with the operator's keys against what each, and all, may order a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.errors import NotAllowed, NotConfirmed

ASSUMED_PRICE = 1.0
"""Dollars that a clip of unknown price counts until its provider says what it cost."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What was ordered with the operator's keys since a moment: takes, and dollars."""

    takes: int
    dollars: float


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """Limits for one UTC day; None means no limit."""

    takes_per_person: int | None = None
    dollars_per_person: float | None = None
    dollars_in_all: float | None = None
    confirm_above: float | None = None

    def check_price(self, price: float | None, *, confirmed: bool) -> None:
        """Ask for a confirmation of what costs more than was chosen. Raises `NotConfirmed`."""
        if self.confirm_above is None or confirmed:
            return
        if price is None:
            raise NotConfirmed("The price of this clip is not known: confirm the order.")
        if price > self.confirm_above:
            raise NotConfirmed(f"This clip costs about ${price:.2f}: confirm the order.")

    def check_day(self, own: Spent, everybody: Spent) -> None:
        """Look at a day's sums, the new order included. Raises `NotAllowed`."""
        if _over(own.takes, self.takes_per_person):
            raise NotAllowed(
                f"That would be more than your {self.takes_per_person} takes for today."
            )
        if _over(own.dollars, self.dollars_per_person):
            raise NotAllowed(
                f"That would be more than your ${self.dollars_per_person:.2f} for today."
            )
        if _over(everybody.dollars, self.dollars_in_all):
            raise NotAllowed("This server has spent what it may spend today.")


Check = Callable[[Spent, Spent], None]


def midnight(now: datetime) -> datetime:
    """Return when the present UTC day began."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _over(value: float, limit: float | None) -> bool:
    # A millionth of a dollar forgives sums of floats.
    return limit is not None and value > limit + 1e-6
