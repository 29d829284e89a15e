"""Read requests of the API: numbers, JSON bodies, and what their models say against them."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from jobs.job import JobId, parse_job_id
from state.errors import StoreUnavailable
from web.intake.admission import Admission
from web.intake.body import read_body
from web.intake.json_size import require_bounded
from web.server.problems import Problem

D = TypeVar("D", bound=BaseModel)

#: Bytes of a request's body. Standard Webhooks recommends to stay under 20 kB.
LARGEST = 64 * 1024

_log = logging.getLogger(__name__)

_BODY_DEADLINE = timedelta(seconds=10)
_RETRY_AFTER = timedelta(seconds=5)


async def read_bytes(request: web.Request, admission: Admission, *, largest: int = LARGEST) -> bytes:
    """Return the body of *request*. Raises `Problem`."""
    with admission.request(min(request.content_length or largest, largest)) as visit:
        reading = read_body(request, limit=largest, deadline=_BODY_DEADLINE, inflating=admission.large_body())
        return await admission.read(visit, reading)


def parse_object(request: web.Request, body: bytes, *more_types: str) -> dict[str, Any]:
    """Return the JSON object in *body*, of type JSON or one of *more_types*. Raises `Problem`."""
    types = ("application/json", *more_types)
    if request.content_type not in types:
        detail = f"Content-Type must be {' or '.join(types)}."
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    require_bounded(body)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from error
    if not isinstance(document, dict):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The body is not a JSON object.")
    return document


def validated(model: type[D], said: Mapping[str, Any]) -> D:
    """Return *said* as a document. Raises `Problem` 422, which names each fault by its place."""
    try:
        return model.model_validate(said)
    except ValidationError as error:
        raise not_understood(faults(error)) from error


def faults(error: ValidationError, below: str = "") -> dict[str, str]:
    """Return what is wrong, by JSON Pointer, in a document that is at *below*."""
    return {below + pointer(each["loc"]): each["msg"] for each in error.errors()}


def pointer(steps: Iterable[object]) -> str:
    """Return the JSON Pointer of *steps*: RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def not_understood(errors: Mapping[str, str]) -> Problem:
    """Return the answer to a document with *errors*."""
    detail = "The request is not understood, and nothing was changed."
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


def number_in(request: web.Request) -> JobId:
    """Return the job number in the path. Raises `Problem` 404."""
    job_id = parse_job_id(request.match_info["job"])
    if job_id is None:
        raise Problem(HTTPStatus.NOT_FOUND, "A job number has digits only.")
    return job_id


def unknown_job(job_id: JobId) -> Problem:
    """Return the answer about a job that there is not."""
    return Problem(HTTPStatus.NOT_FOUND, f"There is no job {job_id}.")


@contextmanager
def needing_the_job_log() -> Iterator[None]:
    """Run what asks the job log; while that fails, raise `Problem` 503."""
    try:
        yield
    except StoreUnavailable as error:
        _log.warning("The job log is not available: %s", error)
        detail = "The job log is not available."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=_RETRY_AFTER) from error


def json_answer(status: HTTPStatus, text: str) -> web.Response:
    """Return *text*, JSON, as a response; a refusal is a problem."""
    kind = "application/json" if status < HTTPStatus.BAD_REQUEST else "application/problem+json"
    return web.Response(status=status, text=text, content_type=kind)
