"""What a job system reports about a job: the contract, as a typed model."""

import json
from datetime import timedelta
from typing import Annotated, Any

import orjson
from pydantic import (
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from jobs.deadlines import Deadlines

#: Bytes of a report's content as JSON that are kept with the job; what is over is left out, and said so.
CONTENT_LENGTH = 16 * 1024

LOG_TAIL_LENGTH = 8_000  #: Characters.


def _require_short(link: object) -> object:
    if isinstance(link, str) and len(link) > _LINK_LENGTH:
        raise ValueError(f"must have {_LINK_LENGTH} characters at most")
    return link


_LINK_LENGTH = 2_000

#: The length is that of the text as it came: a host's name that is not ASCII gets longer.
Link = Annotated[
    AnyHttpUrl,
    BeforeValidator(_require_short),
    WithJsonSchema({"type": "string", "format": "uri", "maxLength": _LINK_LENGTH}),
]


class ReportContent(BaseModel):
    """
    What a report may say beside the job and how it stands.

    Properties that are not listed are kept as they are.
    """

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=False,
        validate_by_alias=True,
        title="Report",
    )

    message: str | None = Field(None, max_length=2_000, description="What to tell people, in plain text.")
    progress: float | None = Field(None, ge=0, le=1, description="How much is done, from 0 to 1.")
    link: Link | None = Field(None, description="Where people find more.")
    duration_seconds: float | None = Field(None, ge=0, le=10**9, description="How long the job took.")
    exit_code: int | None = Field(None, ge=-(2**31), lt=2**32, description="What its process returned.")
    log_tail: str | None = Field(
        None, max_length=LOG_TAIL_LENGTH, description="The last lines of its output."
    )
    heard_every: float | None = Field(
        None, ge=1, le=10**8, description="People are told when nothing is heard for so many seconds."
    )
    finish_within: float | None = Field(
        None, ge=1, le=10**8, description="People are told when it has not ended so many seconds from now."
    )
    data: dict[str, Any] | None = Field(None, description="What the bot keeps and does not read.")

    @property
    def deadlines(self) -> Deadlines:
        """The deadlines that the report sets anew."""
        return Deadlines(None, _seconds(self.heard_every), _seconds(self.finish_within))

    def as_json(self) -> str | None:
        """Return the content that is given, as JSON; None if there is none."""
        given = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return json.dumps(given, ensure_ascii=False) if given else None


def _seconds(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


def read_content(said: dict[str, Any]) -> tuple[ReportContent, tuple[str, ...]]:
    """
    Return the content in *said*, and the names of properties that are left out because they are not valid.

    An end that is reported with an odd detail is an end all the same.
    """
    left_out: list[str] = []
    said = {name: value for name, value in said.items() if value is not None}
    while True:
        try:
            content = ReportContent.model_validate(said)
        except ValidationError as error:
            wrong = {str(each["loc"][0]) for each in error.errors()} & said.keys()
            if not wrong:
                raise
        else:
            if len(content.as_json() or "") <= CONTENT_LENGTH:
                return content, tuple(left_out)
            wrong = {max(said, key=lambda name: len(repr(said[name])))}
        left_out += sorted(wrong)
        said = {name: value for name, value in said.items() if name not in wrong}


def load_content(body: str | None) -> ReportContent:
    """Return the content that `ReportContent.as_json` wrote; an empty one for None."""
    return ReportContent.model_validate(orjson.loads(body)) if body else ReportContent.model_validate({})
