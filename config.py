"""
All settings, from the environment and `.env`, validated; all faults are reported together.

Longer than other files, so that the list of settings is in one place.
"""

import os
from pathlib import Path
from typing import Any, Literal, Self

from dotenv import dotenv_values
from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from channel.service_urls import ServiceUrlPolicy
from delivery.retry import LONGEST_BASE
from identity.webhook_signatures import WebhookSecrets
from network_names import is_loopback
from settings import tracing
from settings.bot_file import DEFAULT_ENVIRONMENT, with_bot_file
from settings.faults import ConfigError as ConfigError  # Raised by `load_config`, so it is had here as well.
from settings.identity import identity_faults, role_faults
from settings.metrics import SHARED_METRICS, metrics_faults
from settings.mistakes import fault_line, misspelt, odd_app_id
from settings.timing import timing_faults
from settings.values import (
    ChannelLimits,
    Days,
    Id,
    Ids,
    KeysUrl,
    LoginUrl,
    LogLevel,
    Names,
    Seconds,
    Secrets,
    Tokens,
)
from settings.webhooks import DEFAULT, JobWebhook, JobWebhooks, webhook_faults
from state.store.database_url import parse_database_url

_ROOT = Path(__file__).parent
ENV_FILE = _ROOT / ".env"
_ENCODING = "utf-8-sig"  # UTF-8; some editors on Windows put a byte order mark in front.
_US_GOVERNMENT = "https://botframework.azure.us"


class Config(BaseSettings):
    """The settings; `.env.example` explains them. Names in mixed case are the Bot Framework's own."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding=_ENCODING,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    bot_file_path: str = Field("", alias="botFilePath")
    bot_file_secret: SecretStr = Field(SecretStr(""), alias="botFileSecret")
    bot_file_environment: str = Field(DEFAULT_ENVIRONMENT, alias="botFileEnvironment")
    app_id: Id = Field("", alias="MicrosoftAppId")
    app_password: SecretStr = Field(SecretStr(""), alias="MicrosoftAppPassword")
    app_type: Literal["MultiTenant", "SingleTenant", "UserAssignedMSI"] = Field(
        "MultiTenant", alias="MicrosoftAppType"
    )
    app_tenant_id: Id = Field("", alias="MicrosoftAppTenantId")
    channel_service: str = Field("", alias="ChannelService")
    bot_open_id_metadata: KeysUrl | None = Field(None, alias="BotOpenIdMetadata")
    channel_open_id_metadata: KeysUrl | None = Field(None, alias="ToBotFromChannelOpenIdMetadataUrl")
    emulator_open_id_metadata: KeysUrl | None = Field(None, alias="ToBotFromEmulatorOpenIdMetadataUrl")
    login_url: LoginUrl | None = Field(None, alias="ToChannelFromBotLoginUrl")

    host: str = Field("localhost", alias="HOST")
    port: int = Field(3978, alias="PORT", ge=0, le=65_535)
    database_url: SecretStr = Field(
        SecretStr(f"sqlite:///{(_ROOT / 'proactive-bot.sqlite3').as_posix()}"), alias="DATABASE_URL"
    )
    database_connections: int = Field(8, alias="DATABASE_CONNECTIONS", ge=1, le=100)
    job_retention: Days = Field(365, alias="JOB_RETENTION_DAYS")
    dead_letter_retention: Days = Field(365, alias="DEAD_LETTER_RETENTION_DAYS")
    log_level: LogLevel = Field("INFO", alias="LOG_LEVEL")
    log_format: Literal["text", "json"] = Field("text", alias="LOG_FORMAT")

    allow_anonymous: bool = Field(False, alias="ALLOW_ANONYMOUS")
    emulator_tokens: bool = Field(False, alias="EMULATOR_TOKENS")
    service_url_hosts: Names = Field(frozenset(), alias="SERVICE_URL_HOSTS")
    job_system_app_ids: Ids = Field(frozenset(), alias="JOB_SYSTEM_APP_IDS")
    job_system_channels: Ids = Field(frozenset(), alias="JOB_SYSTEM_CHANNELS")
    job_system_secrets: Secrets = Field((), alias="JOB_SYSTEM_SECRETS")
    metrics_tokens: Tokens = Field((), alias="METRICS_TOKENS")
    job_api_tokens: Tokens = Field((), alias="JOB_API_TOKENS")
    operator_secrets: Tokens = Field((), alias="OPERATOR_SECRETS")
    viewer_secrets: Tokens = Field((), alias="VIEWER_SECRETS")
    easy_auth_operators: Names = Field(frozenset(), alias="EASY_AUTH_OPERATORS")
    easy_auth_viewers: Names = Field(frozenset(), alias="EASY_AUTH_VIEWERS")
    board_shows_texts: bool | None = Field(None, alias="BOARD_SHOWS_TEXTS")
    public_url: AnyHttpUrl | None = Field(None, alias="PUBLIC_URL")
    job_webhook_url: AnyHttpUrl | None = Field(None, alias="JOB_WEBHOOK_URL")
    job_webhook_secret: Secrets = Field((), alias="JOB_WEBHOOK_SECRET")
    job_webhooks: JobWebhooks = Field((), alias="JOB_WEBHOOKS")
    job_start_within: Seconds | None = Field(None, alias="JOB_START_WITHIN_SECONDS")
    job_heard_every: Seconds | None = Field(None, alias="JOB_HEARD_EVERY_SECONDS")
    job_finish_within: float | None = Field(None, alias="JOB_FINISH_WITHIN_SECONDS", gt=0, le=31_536_000)
    job_webhook_allow_private: bool = Field(False, alias="JOB_WEBHOOK_ALLOW_PRIVATE")
    simulated_completion: Literal["anyone", "owner", "off"] | None = Field(None, alias="SIMULATED_COMPLETION")
    max_turns: int = Field(256, alias="MAX_TURNS", ge=1)
    max_waiting_turns: int = Field(1024, alias="MAX_WAITING_TURNS", ge=0)
    max_turns_per_conversation: int = Field(32, alias="MAX_TURNS_PER_CONVERSATION", ge=1)

    connect_timeout: Seconds = Field(5, alias="CONNECT_TIMEOUT_SECONDS")
    send_timeout: Seconds = Field(15, alias="SEND_TIMEOUT_SECONDS")
    lease: Seconds = Field(30, alias="LEASE_SECONDS")
    retry_base: float = Field(1, alias="RETRY_BASE_SECONDS", gt=0, le=LONGEST_BASE.total_seconds())
    retry_cap: Seconds = Field(60, alias="RETRY_CAP_SECONDS")
    retry_attempts: int = Field(100, alias="RETRY_ATTEMPTS", ge=1)
    retry_max_age: float = Field(259_200, alias="RETRY_MAX_AGE_SECONDS", gt=0, le=31_536_000)
    channel_limits: ChannelLimits = Field({}, alias="CHANNEL_LIMITS")
    sends_per_tenant: int = Field(50, alias="SENDS_PER_SECOND_PER_TENANT", ge=1)
    sends_overall: int | None = Field(None, alias="SENDS_PER_SECOND", ge=1)
    shutdown_grace: Seconds = Field(10, alias="SHUTDOWN_GRACE_SECONDS")

    @model_validator(mode="before")
    @classmethod
    def _reads_the_bot_file(cls, given: dict[str, Any]) -> dict[str, Any]:
        return with_bot_file(given, _ROOT)

    @field_validator("database_url")
    @classmethod
    def _is_a_url(cls, value: SecretStr) -> SecretStr:
        parse_database_url(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        faults = [*_identity_faults(self), *timing_faults(self), *_job_system_faults(self)]
        faults += role_faults(self.operator_secrets, self.viewer_secrets)
        faults += metrics_faults(shared_metrics() if self.metrics_readable else None)
        if faults:
            raise ConfigError(faults)
        return self

    @field_validator("channel_service")
    @classmethod
    def _is_a_cloud(cls, value: str) -> str:
        if value.rstrip("/").lower() not in ("", _US_GOVERNMENT):
            raise ValueError(f"must be empty, or {_US_GOVERNMENT} for the US government's cloud")
        return value

    @field_validator("service_url_hosts")
    @classmethod
    def _are_hosts(cls, value: frozenset[str]) -> frozenset[str]:
        if any("@" in host for host in value):  # A password may contain a comma, so any may be part of it.
            raise ValueError("a user or a password is in it: write host or scheme://host[:port]")
        faults = []
        for host in sorted(value):
            try:
                ServiceUrlPolicy(authentication=True, extra_hosts=[host])
            except ValueError as error:
                faults.append(str(error))
        if faults:
            raise ValueError("; ".join(faults))
        return value

    @field_validator("job_system_secrets", "job_webhook_secret")
    @classmethod
    def _are_secrets(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        WebhookSecrets([secret.get_secret_value() for secret in value])
        return value

    @field_validator("job_webhooks")
    @classmethod
    def _have_secrets(cls, value: tuple[JobWebhook, ...]) -> tuple[JobWebhook, ...]:
        for webhook in value:
            cls._are_secrets(webhook.secret)
        return value

    @property
    def authentication(self) -> bool:
        """Whether callers must show a token."""
        return bool(self.app_id)

    @property
    def open_on_this_machine(self) -> bool:
        """Whether programs on this machine need no token, and others are not served."""
        return not self.authentication and not self.allow_anonymous

    @property
    def metrics_readable(self) -> bool:
        """Whether anybody may read the metrics; otherwise nothing is measured."""
        return bool(self.metrics_tokens) or self.open_on_this_machine

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def simulates_completion(self) -> str:
        """Who may complete a job by `done`: anyone, owner, off."""
        return self.simulated_completion or ("owner" if self.authentication else "anyone")

    @property
    def all_job_webhooks(self) -> tuple[JobWebhook, ...]:
        """Every job system that gets events; the one of JOB_WEBHOOK_URL takes what others leave."""
        if self.job_webhook_url is None:
            return self.job_webhooks
        rest = JobWebhook(name=DEFAULT, url=self.job_webhook_url, secret=self.job_webhook_secret)
        return (*self.job_webhooks, rest)

    @property
    def public_address(self) -> str:
        """The URL by which job systems reach this server, without a slash at its end."""
        return str(self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def storage(self) -> str:
        """The database URL without its password."""
        return parse_database_url(self.database_url.get_secret_value()).shown


def load_config(**settings: Any) -> Config:
    """
    Return the settings from the environment and `.env`; keyword arguments take precedence over both.

    Raises `ConfigError` with all faults, and with misspelt names that may have caused them.
    """
    env_file = settings.get("_env_file", ENV_FILE)
    try:
        return Config(**settings)
    except UnicodeDecodeError as error:
        raise ConfigError([f"{env_file} is not UTF-8: save it in that encoding"]) from error
    except OSError as error:
        raise ConfigError([f"{env_file} cannot be read: {error.strerror}"]) from error
    except ConfigError as error:
        faults = error.faults
    except ValidationError as error:
        faults = [fault_line(each) for each in error.errors()]
        # Pydantic skips checks across settings if one is invalid: repeat them with defaults in its place.
        faulty = {str(each["loc"][0]): _default(str(each["loc"][0])) for each in error.errors()}
        try:
            Config(**{**settings, **faulty})
        except ConfigError as hidden:
            faults += hidden.faults
    raise ConfigError([*faults, *_misspelt_names(env_file)])


def shared_metrics() -> str | None:
    """Return the folder in which processes share their metrics, if there is one."""
    return os.environ.get(SHARED_METRICS)


def tracing_exporters(env_file: Path | None = ENV_FILE) -> tuple[str, ...]:
    """Return the exporters of traces; put into the environment what their SDK must find of *env_file*."""
    os.environ.update(tracing.not_in(os.environ, _in_file(env_file)))
    return tracing.exporters_in(os.environ)


def likely_mistakes(config: Config, *, env_file: Path | None = ENV_FILE) -> list[str]:
    """Return one line for each probable mistake in the environment and *env_file*, which *config* used."""
    return [*_misspelt_names(env_file), *odd_app_id(config.app_id)]


def _misspelt_names(env_file: Path | None) -> list[str]:
    return misspelt([*os.environ, *_in_file(env_file)], setting_names())


def _in_file(env_file: Path | None) -> dict[str, str | None]:
    return dotenv_values(env_file, encoding=_ENCODING, interpolate=False) if env_file else {}


def setting_names() -> list[str]:
    """Return the name of every setting."""
    return [str(field.alias) for field in Config.model_fields.values()]


def _identity_faults(config: Config) -> list[str]:
    return identity_faults(
        app_id=config.app_id,
        password=config.app_password.get_secret_value(),
        app_type=config.app_type,
        tenant_id=config.app_tenant_id,
        reached_at=None if config.listens_on_loopback or config.allow_anonymous else config.host,
    )


def _job_system_faults(config: Config) -> list[str]:
    if bool(config.job_webhook_url) != bool(config.job_webhook_secret):
        return ["JOB_WEBHOOK_URL and JOB_WEBHOOK_SECRET belong together: set both, or neither"]
    reached = config.public_url or (config.listens_on_loopback and config.port)
    private = config.job_webhook_allow_private
    return webhook_faults(config.all_job_webhooks, allow_private=private, reached=bool(reached))


def _default(name: str) -> Any:
    return next(field.default for field in Config.model_fields.values() if field.alias == name)
