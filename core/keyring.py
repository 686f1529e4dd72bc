"""Holds the API keys, the operator's and those typed for a visit, in memory and nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from pydantic import SecretStr

from core.account_marks import AccountMarks
from core.errors import InvalidInput, MissingKey
from core.jobs import Job, KeyFrom
from core.key_rules import key_flaw
from core.providers import PROVIDERS

Operator = Callable[[str], SecretStr | None]
"""From a provider's name to the key in the operator's settings."""


class Keyring:
    """Who pays for what: a visitor's own key first, then the operator's, else the sandbox."""

    def __init__(self, operator: Operator, marks: AccountMarks | None = None) -> None:
        """Take the operator's keys, and what tells of a job whose key has ordered it."""
        self._operator = operator
        self._marks = marks or AccountMarks()
        self._typed: dict[tuple[str, str], SecretStr] = {}
        self._lock = threading.Lock()

    def put(self, owner: str, provider: str, key: str) -> None:
        """Keep the key that an owner typed, or forget it where `key` is empty.

        Raises `InvalidInput` for what can be no key.
        """
        typed = key.strip()
        if typed and (flaw := key_flaw(typed)):
            raise InvalidInput({"key": flaw})
        with self._lock:
            if typed:
                self._typed[owner, provider] = SecretStr(typed)
            else:
                self._typed.pop((owner, provider), None)

    def payer(self, owner: str, provider: str) -> KeyFrom:
        """Return whose key an order placed now would use."""
        if (owner, provider) in self._typed:
            return "visitor"
        return "operator" if self._operator(provider) else "sandbox"

    def purse(self, owner: str, provider: str) -> SecretStr | None:
        """Return the key that an order placed now would use; None for the sandbox."""
        return self._typed.get((owner, provider)) or self._operator(provider)

    def key(self, job: Job) -> SecretStr:
        """Return the key of a live job: once it was ordered, only the one that ordered it.

        Raises `MissingKey` when that is not here (any more).
        """
        typed = self._typed.get((job.owner, job.provider))
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
