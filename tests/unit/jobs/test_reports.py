"""The contract of reports is written down where job systems read it."""

import json
from pathlib import Path

from jobs.reports import ReportContent, load_content

SCHEMA = Path(__file__).parents[3] / "docs" / "report.schema.json"


def test_the_schema_in_the_documents_is_that_of_the_model():
    """After a change of the model: delete the file, and run this test twice."""
    schema = json.dumps(ReportContent.model_json_schema(by_alias=True), indent=2) + "\n"
    if not SCHEMA.exists():
        SCHEMA.write_text(schema, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == schema


def test_content_is_read_as_it_was_written_and_none_is_empty():
    content = ReportContent.model_validate({"message": "done", "exitCode": 0, "mine": [1]})
    assert load_content(content.as_json()) == content
    assert load_content(None).as_json() is None
