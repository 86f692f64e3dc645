"""Environment → one frozen `Settings`, read once at the start.

Names start with `IVR_`; a file `.env` is not read, because what a service runs with should be seen in its unit file.
"""

import re
import secrets
from pathlib import Path
from string import Formatter

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_NONCE = re.compile(r"[A-Za-z0-9._-]{16,128}")
"""It travels as an argument of AGI(), where a comma would end it; shorter ones can be guessed."""

_FOLDER = re.compile(r"(?:/[A-Za-z0-9._-]+)+/?", re.ASCII)
"""It stands in AGI commands and in the dialplan's own expressions."""

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?", re.ASCII)


class SettingsRefused(Exception):  # noqa: N818  (the situation is the name)
    """The environment holds a setting that cannot be meant: one line that names it, and never its value."""

    code = "settings"


class Settings(BaseSettings):
    """Everything that differs between a laptop and a city. Raises pydantic.ValidationError naming the variable."""

    model_config = SettingsConfigDict(env_prefix="IVR_", frozen=True, extra="ignore")

    dialplans: Path = Field(default=Path("dialplans"), description="folder of the operators' YAML")
    watch_seconds: float = Field(
        default=0.0, ge=0.0, le=3600.0, description="how often to look for changed documents; 0: only when told"
    )
    database_url: str = Field(
        default="sqlite+aiosqlite:///ivr-engine.sqlite3",
        description="SQLAlchemy URL; PostgreSQL by postgresql+asyncpg://",
    )

    spool: Path = Field(
        default=Path("ivr-engine.spool"), description="folder on local disk where decisions wait for the database"
    )

    ami_host: str = Field(default="127.0.0.1", description="where Asterisk's manager interface listens")
    ami_port: int = Field(default=5038, ge=1, le=65535, description="its port")
    ami_events_user: str = Field(default="ivr-events", description="account that listens (manager.conf)")
    ami_events_secret: SecretStr = Field(default=SecretStr(""), description="its secret")
    ami_control_user: str = Field(default="ivr-control", description="account that acts (manager.conf)")
    ami_control_secret: SecretStr = Field(default=SecretStr(""), description="its secret")

    agi_host: str = Field(default="127.0.0.1", description="address on which flows are served to Asterisk (FastAGI)")
    agi_port: int = Field(
        default=4573, ge=1, le=65535, description="its port; the dialplan's IVR_AGI names the same address and port"
    )
    agi_nonce: SecretStr = Field(
        default_factory=lambda: SecretStr(secrets.token_hex(16)),
        description="word that Asterisk must say first; a new one at each start where it is not set",
    )

    api_host: str = Field(default="127.0.0.1", description="address of the API, its feed and /metrics")
    api_port: int = Field(default=8120, ge=0, le=65535, description="its port; 0: any free one")
    api_tokens: dict[str, SecretStr] = Field(
        default_factory=dict, description='JSON object of name → bearer token, e.g. {"desk": "…"}'
    )
    api_roles: dict[str, str] = Field(
        default_factory=dict,
        description="JSON object of token name → role: supervisor, operator, auditor, agent:1001 or contractor:han; "
        "a token without one may do everything",
    )
    api_origins: frozenset[str] = Field(
        default=frozenset(), description='JSON list of web pages that may open the feed, e.g. ["https://desk.example"]'
    )

    agent_endpoint: str = Field(default="PJSIP/{agent}", description="how an agent's phone is dialled")
    office_endpoint: str = Field(default="PJSIP/{number}@ivr-office", description="how an official's number is dialled")
    citizen_endpoint: str = Field(
        default="PJSIP/{number}@city-trunk", description="how a citizen who is called back is dialled"
    )
    callback_numbers: frozenset[str] = Field(
        default=frozenset(),
        description='JSON list of numbers that may be dialled at all, X for any digit, e.g. ["010XXXXXXXX"]; '
        "empty: what the queues say",
    )
    recordings: str = Field(
        default="/var/spool/asterisk/ivr", description="folder on the switch where citizens' messages are written"
    )
    talks: str = Field(
        default="/var/spool/asterisk/ivr-talks",
        description="folder on the switch below which talks are recorded, for queues that say so",
    )
    talks_here: Path | None = Field(
        default=None, description="the same folder as this machine sees it, where that is another path"
    )
    outside_hosts: frozenset[str] = Field(
        default=frozenset(),
        description='JSON list of hosts that flows may ask, e.g. ["water.example", "tax:8443"]',
    )
    text_webhook: str = Field(default="", description="http(s) address that takes text messages; empty: none are sent")
    text_token: SecretStr = Field(default=SecretStr(""), description="bearer token that the gateway asks for")
    log_json: bool = Field(default=False, description="one JSON object a line instead of text")
    log_level: str = Field(default="INFO", description=f"one of {', '.join(_LOG_LEVELS)}")

    @field_validator("agent_endpoint")
    @classmethod
    def _names_the_agent(cls, value: str) -> str:
        return _pattern(value, "agent", "PJSIP/{agent}")

    @field_validator("office_endpoint")
    @classmethod
    def _names_the_number(cls, value: str) -> str:
        return _pattern(value, "number", "PJSIP/{number}@ivr-office")

    @field_validator("citizen_endpoint")
    @classmethod
    def _names_the_citizen(cls, value: str) -> str:
        return _pattern(value, "number", "PJSIP/{number}@city-trunk")

    @field_validator("callback_numbers")
    @classmethod
    def _are_patterns(cls, value: frozenset[str]) -> frozenset[str]:
        if not all(re.fullmatch("[0-9X]{7,15}", pattern) for pattern in value):
            raise ValueError('must be patterns of 7 to 15 digits, X for any of them, e.g. ["010XXXXXXXX"]')
        return value

    @field_validator("ami_events_user", "ami_control_user")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return _printable(value)

    @field_validator("ami_events_secret", "ami_control_secret")
    @classmethod
    def _one_secret_line(cls, value: SecretStr) -> SecretStr:
        _printable(value.get_secret_value())
        return value

    @field_validator("agi_nonce")
    @classmethod
    def _can_be_said(cls, value: SecretStr) -> SecretStr:
        if not _NONCE.fullmatch(value.get_secret_value()):
            raise ValueError("must be 16 to 128 of A-Z a-z 0-9 . _ -, or not be set at all")
        return value

    @field_validator("recordings", "talks")
    @classmethod
    def _is_a_folder(cls, value: str) -> str:
        if not _FOLDER.fullmatch(value):
            raise ValueError("must be an absolute path of A-Z a-z 0-9 . _ - and /, e.g. /var/spool/asterisk/ivr")
        return value.rstrip("/")

    @field_validator("outside_hosts")
    @classmethod
    def _are_hosts(cls, value: frozenset[str]) -> frozenset[str]:
        for host in value:
            if not _HOST.fullmatch(host):
                raise ValueError("must be names like water.example or water.example:8443, without http:// and path")
        return value

    @field_validator("text_webhook")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[!-~]+", value):
            raise ValueError("must begin with https:// or http:// and hold no spaces")
        return value

    @field_validator("text_token")
    @classmethod
    def _one_token_line(cls, value: SecretStr) -> SecretStr:
        _printable(value.get_secret_value())
        return value

    @field_validator("log_level")
    @classmethod
    def _is_a_level(cls, value: str) -> str:
        if value.upper() not in _LOG_LEVELS:
            raise ValueError(f"must be one of {', '.join(_LOG_LEVELS)}")
        return value.upper()

    @property
    def talks_folder(self) -> Path:
        """Where this machine reads and deletes recordings of talks."""
        return self.talks_here or Path(self.talks)

    def own_token(self) -> str | None:
        """What our own commands show the running engine: the first token that may do everything, if there is one."""
        whole = (secret for name, secret in self.api_tokens.items() if name not in self.api_roles)
        found = next(whole, None)
        return None if found is None else found.get_secret_value()


def from_environment() -> Settings:
    """The settings of this process. Raises SettingsRefused, which tells all that is wrong at once."""
    try:
        return Settings()
    except ValidationError as invalid:
        wrong = (
            (map(str, error["loc"]), error["msg"].removeprefix("Value error, "))
            for error in invalid.errors(include_input=False)
        )
        told = "; ".join(f"IVR_{'_'.join(place).upper()}: {problem}" for place, problem in wrong)
    except SettingsError as unreadable:
        # a variable that should be JSON and is not: pydantic-settings names the field, and no value
        found = re.search(r'field "(\w+)"', str(unreadable))
        field = Settings.model_fields.get(found[1]) if found else None
        name = f"IVR_{found[1].upper()}" if found else str(unreadable)
        told = f"{name}: must be a {field.description}" if field else name
    raise SettingsRefused(f"settings: {told}")


def _pattern(value: str, name: str, example: str) -> str:
    """One that can be filled in: a mistake in it would otherwise be found by the first call."""
    _printable(value)
    try:
        named = [field for _, field, _, _ in Formatter().parse(value) if field is not None]
        value.format(**{name: "1"})
    except (ValueError, LookupError, AttributeError):
        named = []
    if set(named) != {name}:
        raise ValueError(f"must contain {{{name}}} and no other braces, e.g. {example}")
    return value


def _printable(value: str) -> str:
    """A line end would begin a line of AMI; Asterisk's answer to it tells nobody what is wrong."""
    if not value.isprintable():
        raise ValueError("must be one line without control characters (a line end from a file?)")
    return value
