"""The settings of job systems that get events: JSON in the environment, checked."""

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from pydantic import AnyHttpUrl, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode

from settings.values import Secrets, is_local

#: Of a job system that is not named: the one of JOB_WEBHOOK_URL.
DEFAULT = "default"


class JobWebhook(BaseModel):
    """One job system: where it gets events, how they are signed, and which jobs they are about."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    url: AnyHttpUrl
    secret: Secrets = Field(min_length=1)
    titles: tuple[str, ...] = ()
    labels: dict[str, str] = {}


def _from_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        said = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise ValueError('write JSON: [{"name": …, "url": …, "secret": …, "titles": […]}, …]') from error
    return said


#: A JSON list of job systems.
JobWebhooks = Annotated[tuple[JobWebhook, ...], NoDecode, BeforeValidator(_from_json)]


def webhook_faults(webhooks: Sequence[JobWebhook], *, allow_private: bool, reached: bool) -> list[str]:
    """Return one line for each fault of the job systems together; *reached*: they can reach the bot."""
    faults = []
    if len({each.name for each in webhooks}) < len(webhooks):
        faults.append(f"JOB_WEBHOOKS: each name must be there once; {DEFAULT!r} is that of JOB_WEBHOOK_URL")
    for each in webhooks:
        if each.url.scheme != "https" and not (is_local(each.url) or allow_private):
            faults.append(f"the URL of job system {each.name!r} must be https: events carry tokens")
    if webhooks and not reached:
        faults.append("job systems must know where to report: set PUBLIC_URL, such as https://bot.example")
    return faults
