"""Environment → one frozen `Settings`, read once at the start.

Names start with `IVR_`; a file `.env` is not read, because what a service runs with should be seen in its unit file.
"""

import secrets
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs between a laptop and a city. Raises pydantic.ValidationError naming the variable."""

    model_config = SettingsConfigDict(env_prefix="IVR_", frozen=True, extra="ignore")

    dialplans: Path = Field(default=Path("dialplans"), description="folder of the operators' YAML")
    database_url: str = Field(
        default="sqlite+aiosqlite:///ivr-engine.sqlite3",
        description="SQLAlchemy URL; PostgreSQL by postgresql+asyncpg://",
    )

    spool: Path = Field(
        default=Path("ivr-engine.spool"), description="folder on local disk where decisions wait for the database"
    )

    ami_host: str = "127.0.0.1"
    ami_port: int = Field(default=5038, ge=1, le=65535)
    ami_events_user: str = "ivr-events"
    ami_events_secret: SecretStr = SecretStr("")
    ami_control_user: str = "ivr-control"
    ami_control_secret: SecretStr = SecretStr("")

    agi_host: str = "127.0.0.1"
    agi_port: int = Field(default=4573, ge=1, le=65535)
    agi_nonce: SecretStr = Field(
        default_factory=lambda: SecretStr(secrets.token_hex(16)),
        description="per-boot word that Asterisk must say first",
    )

    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8120, ge=0, le=65535)
    api_tokens: dict[str, SecretStr] = Field(
        default_factory=dict, description='JSON object of name → bearer token, e.g. {"desk": "…"}'
    )
    api_origins: frozenset[str] = Field(
        default=frozenset(), description='JSON list of web pages that may open the feed, e.g. ["https://desk.example"]'
    )

    agent_endpoint: str = Field(default="PJSIP/{agent}", description="how an agent's phone is dialled")
    office_endpoint: str = Field(default="PJSIP/{number}@ivr-office", description="how an official's number is dialled")
    log_json: bool = False
    log_level: str = "INFO"

    @field_validator("agent_endpoint")
    @classmethod
    def _names_the_agent(cls, value: str) -> str:
        if "{agent}" not in value:
            raise ValueError("must contain {agent}, e.g. PJSIP/{agent}")
        return value

    @field_validator("office_endpoint")
    @classmethod
    def _names_the_number(cls, value: str) -> str:
        if "{number}" not in value:
            raise ValueError("must contain {number}, e.g. PJSIP/{number}@ivr-office")
        return value
