"""Signs what schemathesis sends to the signed endpoint; its process loads this file."""

from typing import Any
from uuid import uuid4

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase

from tests.fakes.signing import signed


class Signature(AuthBase):
    """Signs the body as it is sent."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        request.headers.update(signed(raw, f"msg_{uuid4().hex}"))
        return request


@schemathesis.hook
def before_call(_context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    given = {name.lower() for name in case.headers or {}}
    wants_all = given.issuperset(signed(b""))  # Else it wants to know whether one may be missing.
    if case.operation.path == "/api/job-events" and case.method == "POST" and wants_all:
        kwargs["auth"] = Signature()
