"""The providers, by name: to add one, write its module beside this and list it here."""

from collections.abc import Mapping

from core.contract import Provider
from core.providers.aimlapi import AimlApi
from core.providers.krea import Krea

PROVIDERS: Mapping[str, Provider] = {provider.name: provider for provider in (AimlApi(), Krea())}

__all__ = ["PROVIDERS"]
