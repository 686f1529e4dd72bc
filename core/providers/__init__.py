"""The providers, by name: to add one, write its module beside this and list it here."""

from collections.abc import Mapping

from core.providers.aimlapi.api import AimlApi
from core.providers.krea.api import Krea
from core.providers.protocol import Provider

PROVIDERS: Mapping[str, Provider] = {provider.name: provider for provider in (AimlApi(), Krea())}

__all__ = ["PROVIDERS"]
