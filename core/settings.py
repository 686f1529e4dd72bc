"""The environment, read once into one frozen `Settings`; it alone knows the variables' names."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    dailies_database_url: str = Field(
        default="", description="SQLAlchemy address; empty means SQLite in the data folder."
    )
    dailies_public_url: str = Field(
        default="", description="Where the outside reaches this app, for links to it."
    )
    dailies_sandbox_pace: Literal["fast", "real"] = Field(
        default="fast",
        description="Waiting times of the sandbox: short, or as real.",
    )

    def key(self, provider: str) -> SecretStr | None:
        """Return the operator's key for a provider, if there is one that is not blank."""
        key: SecretStr | None = getattr(self, f"{provider}_api_key")
        return key if key and key.get_secret_value().strip() else None

    def base_url(self, provider: str) -> str | None:
        """Return the address that the operator set for a provider, if any."""
        return str(getattr(self, f"{provider}_base_url")).strip().rstrip("/") or None

    def database_url(self) -> str:
        """Return the SQLAlchemy address of the database."""
        return self.dailies_database_url or f"sqlite:///{self.dailies_data_dir / 'dailies.db'}"
