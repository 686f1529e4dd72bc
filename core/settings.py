"""The environment, read once into one frozen `Settings`; it alone knows the variables' names."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.client.trusted_hosts import TrustedHosts
from core.errors import StudioError
from core.jobs.daily_limits import DailyLimits

Network = IPv4Network | IPv6Network

SPACES_OWN = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""Networks from which nobody but Hugging Face's own proxies reaches a Space."""


def _listed(value: Any) -> Any:
    """Return the parts of a text with commas between them; all else as it is."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_listed)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


DATABASE_FILE = "dailies.db"
"""The database's name in the data folder, where no other address was set."""


class WrongSetting(StudioError):
    """A variable of the environment, or of `.env`, has a value that cannot be used."""

    kind = "wrong_setting"
    next_step = "Correct it, or remove it, and start again."


class Settings(BaseSettings):
    """What the operator chose; also read from a `.env` file in the working directory."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    aimlapi_api_key: SecretStr | None = Field(
        default=None, description="Key for AI/ML API. Without it, its models run in the sandbox."
    )
    krea_api_key: SecretStr | None = Field(
        default=None, description="Key for Krea. Without it, its models run in the sandbox."
    )
    aimlapi_base_url: str = Field(
        default="", description="Another server with AI/ML API's contract."
    )
    krea_base_url: str = Field(default="", description="Another server with Krea's contract.")
    dailies_data_dir: Path = Field(
        default=Path("data"), description="Folder for the database, clips and previews."
    )
    dailies_room_mb: int = Field(
        default=64,
        ge=0,
        description="Megabytes of disk that each take under way may need. An order that does not "
        "fit in what is left is refused; sandbox takes need less.",
    )
    dailies_database_url: str = Field(
        default="", description="SQLAlchemy address; empty means SQLite in the data folder."
    )
    dailies_public_url: str = Field(
        default="",
        description="Where the outside reaches this app, by https: providers fetch sources there.",
    )
    dailies_sandbox_pace: Literal["fast", "real"] = Field(
        default="fast",
        description="Waiting times of the sandbox: short, or as real.",
    )

    dailies_takes_per_person: int | None = Field(
        default=None, ge=0, description="Takes a day that each person may order with your keys."
    )
    dailies_takes_in_all: int | None = Field(
        default=None, ge=0, description="Takes a day that all together may order with your keys."
    )
    dailies_people_per_address: int = Field(
        default=1,
        ge=1,
        description="How many persons may order from one address without a log-in; an IPv6 "
        "network of 64 bits is one address.",
    )
    dailies_dollars_per_person: float | None = Field(
        default=None, ge=0, description="Dollars a day that each person may spend with your keys."
    )
    dailies_dollars_in_all: float | None = Field(
        default=None, ge=0, description="Dollars a day that all together may spend with your keys."
    )
    dailies_uploads_per_visitor: int = Field(
        default=600, ge=1, description="Megabytes of uploads that lie here for one visitor."
    )
    dailies_uploads_in_all: int = Field(
        default=4000, ge=1, description="Megabytes of uploads that lie here; the oldest go first."
    )
    dailies_confirm_above: float | None = Field(
        default=None, ge=0, description="Dollars above which an order must be confirmed."
    )
    dailies_share_keys: bool | None = Field(
        default=None, description="Whether visitors may use your keys; on a Space, not by default."
    )
    dailies_visitors: Literal["apart", "together"] = Field(
        default="apart", description="Whether each browser has takes of its own, or all share one."
    )
    dailies_users: Path | None = Field(
        default=None, description="File of names and hashed passwords; with it, one must log in."
    )
    dailies_hosts: Names = Field(
        default=(),
        description="More names under which the page may be asked for, with commas, also as "
        "`*.example.com`. Loopback, the bound address, `DAILIES_PUBLIC_URL` and a Space's own "
        "name need not be told.",
    )
    dailies_trusted_proxies: Networks | None = Field(
        default=None,
        description="Addresses and networks of your proxies, with commas: their `X-Forwarded-For`, "
        "`-Proto`, `-Host` and `-Prefix` are believed, and nobody else's. On a Space, its own.",
    )
    dailies_trusted_hosts: str = Field(
        default="",
        description="Hosts and networks, with commas, whose clips and sources may come by http or "
        "from private addresses, e.g. `cdn.lan, .example.com, 198.18.0.0/15`. None by default.",
    )
    gradio_server_name: str = Field(
        default="",
        description="Address to listen at; empty means `127.0.0.1`, and everywhere on a Space.",
    )
    gradio_server_port: Annotated[int, BeforeValidator(lambda value: value or 7860)] = Field(
        default=7860, description="Port to listen at."
    )
    gradio_root_path: str = Field(
        default="",
        description="Path under which a proxy shows this app, as `/studio`, for the addresses that "
        "the API gives; the page needs none. Empty means that of `DAILIES_PUBLIC_URL`.",
    )
    space_id: str = Field(default="", description="Set by Hugging Face Spaces.")
    space_host: Names = Field(default=(), description="Set by Hugging Face Spaces.")

    @property
    def shares_keys(self) -> bool:
        """Whether the operator's keys serve whoever opens the page."""
        if self.dailies_share_keys is not None:
            return self.dailies_share_keys
        return not self.space_id

    @property
    def server_name(self) -> str:
        """The address to listen at."""
        everywhere = "0.0.0.0"  # noqa: S104  a Space is reached through its proxies alone
        return self.gradio_server_name.strip() or (everywhere if self.space_id else "127.0.0.1")

    @property
    def space_hosts(self) -> tuple[str, ...]:
        """The names by which a Space is reached; none elsewhere."""
        if not self.space_id:
            return ()
        return (*self.space_host, re.sub(r"[^a-z0-9]+", "-", self.space_id.lower()) + ".hf.space")

    @property
    def trusted_proxies(self) -> tuple[Network, ...]:
        """The networks whose word about who asks is believed."""
        if self.dailies_trusted_proxies is not None:
            return self.dailies_trusted_proxies
        return tuple(map(ip_network, SPACES_OWN)) if self.space_id else ()

    @field_validator("dailies_trusted_hosts")
    @classmethod
    def _check_hosts(cls, text: str) -> str:
        TrustedHosts.parse(text)
        return text

    def trusted_hosts(self) -> TrustedHosts:
        """Return the hosts that clips and sources may come from besides public https ones."""
        return TrustedHosts.parse(self.dailies_trusted_hosts)

    def daily_limits(self) -> DailyLimits:
        """Return the limits for orders with the operator's keys."""
        return DailyLimits(
            takes_per_person=self.dailies_takes_per_person,
            takes_in_all=self.dailies_takes_in_all,
            people_per_household=self.dailies_people_per_address,
            dollars_per_person=self.dailies_dollars_per_person,
            dollars_in_all=self.dailies_dollars_in_all,
            confirm_above=self.dailies_confirm_above,
        )

    def key(self, provider: str) -> SecretStr | None:
        """Return the operator's key for a provider, if there is one and it is shared."""
        if not self.shares_keys:
            return None
        key: SecretStr | None = getattr(self, f"{provider}_api_key")
        return key if key and key.get_secret_value().strip() else None

    def base_url(self, provider: str) -> str | None:
        """Return the address that the operator set for a provider, if any."""
        return str(getattr(self, f"{provider}_base_url")).strip().rstrip("/") or None

    def asks_by_itself(self, provider: str) -> bool:
        """Whether a provider's list of models is fetched without anybody asking for it.

        Without a key and an address of one's own the app touches no network.
        """
        return self.key(provider) is not None or self.base_url(provider) is not None

    def database_name(self) -> str:
        """Return what to call the database in a sentence: no address, it may hold a password."""
        where = self.dailies_data_dir / DATABASE_FILE
        return "of DAILIES_DATABASE_URL" if self.dailies_database_url else str(where)

    def database_url(self) -> str:
        """Return the SQLAlchemy address of the database."""
        return self.dailies_database_url or f"sqlite:///{self.dailies_data_dir / DATABASE_FILE}"


def read_settings() -> Settings:
    """Return what the environment says. Raises `WrongSetting`, which quotes no value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [(str(found["loc"][0]).upper(), found["msg"]) for found in error.errors()]
        said = "; ".join(f"{name}: {why}" for name, why in wrong)
        raise WrongSetting(f"The settings cannot be used. {said.rstrip('.')}.") from None
