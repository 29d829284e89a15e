"""Which Content-Type headers say JSON."""

from http import HTTPStatus

import pytest

from web.intake.body import require_json
from web.server.problems import Problem


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json ; Charset=utf8 ; version=1",
        "application/json;",
    ],
)
def test_any_spelling_of_json_in_utf_8_passes(content_type):
    require_json([content_type])


@pytest.mark.parametrize(
    "content_types",
    [
        [],
        [""],
        ["json"],
        ["text/plain"],
        ["text/json"],
        ["application/jsonp"],
        ["application/json, text/plain"],
        ["application/json; charset=utf-16"],
        ["application/json; charset=latin-1"],
        ["application/json; charset"],
        ["application/json\n"],
        ["application/x-www-form-urlencoded"],
        ["multipart/form-data; boundary=application/json"],
        ["application/json", "application/json"],
        ["application/json" + ";" * 8000 + "x"],
    ],
)
def test_anything_else_is_415(content_types):
    with pytest.raises(Problem) as caught:
        require_json(content_types)
    assert caught.value.status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE
