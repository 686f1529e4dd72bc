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


NOTHING = Spent(takes=0, dollars=0.0)


@dataclass(frozen=True, kw_only=True)
class Day:
    """A UTC day's sums: a person's own, those of his household, and everybody's.

    A household is whoever calls from one network without having logged in; of those who have, and
    of scripts on this machine, it is `NOTHING`; so are everybody's where they are not asked for.
    """

    own: Spent
    household: Spent = NOTHING
    everybody: Spent = NOTHING


@dataclass(frozen=True, kw_only=True)
class DailyLimits:
    """Limits for one UTC day; None means no limit.

    Without a log-in a person is whatever he says he is: he throws a cookie away and is another. So
    his household may order what `people_per_household` persons may, whoever its callers say they
    are.
    """

    takes_per_person: int | None = None
    takes_in_all: int | None = None
    dollars_per_person: float | None = None
    dollars_in_all: float | None = None
    people_per_household: int = 1
    confirm_above: float | None = None

    @property
    def caps_everybody(self) -> bool:
        """Whether all together have a limit, so that each order is held against their sums."""
        return (self.takes_in_all, self.dollars_in_all) != (None, None)

    def check_price(self, price: float | None, *, confirmed: bool) -> None:
        """Ask for a confirmation of what costs more than was chosen. Raises `NotConfirmed`."""
        if self.confirm_above is None or confirmed:
            return
        if price is None:
            raise NotConfirmed("The price of this clip is not known: confirm the order.")
        if price > self.confirm_above:
            raise NotConfirmed(f"This clip costs about ${price:.2f}: confirm the order.")

    def check_day(self, day: Day) -> None:
        """Look at a day's sums, the new order included. Raises `NotAllowed`."""
        self._check_person(day.own, 1, "your")
        self._check_person(
            day.household, self.people_per_household, "the", " of everybody at your address"
        )
        if _over(day.everybody.dollars, self.dollars_in_all):
            raise NotAllowed("This server has spent what it may spend today.")
        if _over(day.everybody.takes, self.takes_in_all):
            raise NotAllowed(f"This server has made its {self.takes_in_all} takes for today.")

    def _check_person(self, sums: Spent, people: int, whose: str, where: str = "") -> None:
        if _over(sums.takes, _times(self.takes_per_person, people)):
            most = f"{_times(self.takes_per_person, people):.0f} takes"
            raise NotAllowed(f"That would be more than {whose} {most} for today{where}.")
        if _over(sums.dollars, _times(self.dollars_per_person, people)):
            most = f"${_times(self.dollars_per_person, people):.2f}"
            raise NotAllowed(f"That would be more than {whose} {most} for today{where}.")


Check = Callable[[Day], None]


def midnight(now: datetime) -> datetime:
    """Return when the present UTC day began."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _times(limit: float | None, people: int) -> float | None:
    return None if limit is None else limit * people


def _over(value: float, limit: float | None) -> bool:
    # A millionth of a dollar forgives sums of floats.
    return limit is not None and value > limit + 1e-6
