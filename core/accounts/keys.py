"""Holds the API keys, the operator's and those typed for a visit, in memory and nowhere else.

A typed key is bound to the browser that typed it, whoever's takes that browser shows: where all
share one strip nobody else's order goes out with it, and of a person who logged in at two machines
each has its own, since the next to sit there must not find it. Who logs in after another in one
browser is another owner, and does not find it either.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from pydantic import SecretStr

from core.accounts.account_marks import AccountMarks
from core.accounts.key_rules import key_flaw
from core.errors import InvalidInput, MissingKey
from core.jobs.job import Job, KeyFrom
from core.providers import PROVIDERS

Operator = Callable[[str], SecretStr | None]
"""From a provider's name to the key in the operator's settings."""

EVERYWHERE = ""
"""In place of a browser: a key that a script set serves all of an owner's."""

_Place = tuple[str, str, str]
"""An owner, a browser of theirs, a provider."""


class Keys:
    """Who pays for what: a visitor's own key first, then the operator's, else the sandbox."""

    def __init__(self, operator: Operator, marks: AccountMarks | None = None) -> None:
        """Take the operator's keys, and what tells of a job whose key has ordered it."""
        self._operator = operator
        self._marks = marks or AccountMarks()
        self._typed: dict[_Place, SecretStr] = {}
        self._lock = threading.Lock()

    def put(self, owner: str, provider: str, key: str, browser: str = EVERYWHERE) -> None:
        """Keep the key that was typed in a browser, or forget it where `key` is empty.

        Raises `InvalidInput` for what can be no key.
        """
        typed, place = key.strip(), (owner, browser, provider)
        if typed and (flaw := key_flaw(typed)):
            raise InvalidInput({"key": flaw})
        with self._lock:
            if typed:
                self._typed[place] = SecretStr(typed)
            else:
                self._typed.pop(place, None)

    def payer(self, owner: str, provider: str, browser: str = EVERYWHERE) -> KeyFrom:
        """Return whose key an order placed now would use."""
        if self._of(owner, browser, provider):
            return "visitor"
        return "operator" if self._operator(provider) else "sandbox"

    def purse(self, owner: str, provider: str, browser: str = EVERYWHERE) -> SecretStr | None:
        """Return the key that an order placed now would use; None for the sandbox."""
        return self._of(owner, browser, provider) or self._operator(provider)

    def key(self, job: Job) -> SecretStr:
        """Return the key of a live job: once it was ordered, only the one that ordered it.

        Raises `MissingKey` when that is not here (any more).
        """
        typed = self._typed_for(job)
        operator = self._operator(job.provider)
        first, second = (typed, operator) if job.key_from == "visitor" else (operator, typed)
        if first and not self._marks.is_another(job.account, job.provider, first):
            return first
        # The same key is the same account, whoever it was that brought it along.
        if second and job.account and job.account == self.mark(job.provider, second):
            return second
        raise MissingKey(
            _missing(job) if first else "This take needs its API key again: enter it under Keys."
        )

    def mark(self, provider: str, key: SecretStr) -> str:
        """Return what stands for a key in the row of a job that it has ordered."""
        return self._marks.mark(provider, key)

    def visitors_mark(self, owner: str, provider: str, browser: str) -> str | None:
        """Return what stands for the typed key that an order placed now would use, if it would."""
        key = self._of(owner, browser, provider)
        return self.mark(provider, key) if key else None

    def _of(self, owner: str, browser: str, provider: str) -> SecretStr | None:
        own = self._typed.get((owner, browser, provider))
        return own or self._typed.get((owner, EVERYWHERE, provider))

    def _typed_for(self, job: Job) -> SecretStr | None:
        """Return the owner's key, of whichever browser, that is the job's; else one that is not."""
        with self._lock:
            keys = [
                key
                for (owner, _, provider), key in self._typed.items()
                if (owner, provider) == (job.owner, job.provider)
            ]
        fitting = {
            key for key in keys if not self._marks.is_another(job.account, job.provider, key)
        }
        if len(fitting) > 1:  # a row that does not say whose it is: no guess is made
            return None
        return next(iter(fitting or keys), None)


def _missing(job: Job) -> str:
    place = "enter that one under Keys again"
    if job.key_from == "operator":
        place = f"it belongs into {job.provider.upper()}_API_KEY, or under Keys"
    return f"This take was ordered with another API key, and waits for it: {place}."


def doubts(operator: Operator) -> Iterator[str]:
    """Yield a sentence for each key in the operator's settings that looks like none.

    It is used all the same: the operator may know a provider that gives out such keys.
    """
    for name, provider in PROVIDERS.items():
        key = operator(name)
        if key and (flaw := key_flaw(key.get_secret_value().strip())):
            yield f"{name.upper()}_API_KEY, for {provider.label}: {flaw}"
