"""What the entry point does before anything is opened."""

import os

import pytest

from app import configure


@pytest.fixture(autouse=True)
def settings_of_the_machine_do_not_count(monkeypatch):
    monkeypatch.delenv("LOG_LEVEL", raising=False)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode, warned", [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_warning_says_that_others_can_read_the_secrets(tmp_path, caplog, mode, warned):
    file = tmp_path / ".env"
    file.write_text("PORT=0\n")
    file.chmod(mode)
    assert configure(file).port == 0
    said = [f"Users other than its owner can read the secrets in {file}: run chmod go= on it"]
    assert caplog.messages == (said if warned else [])


def test_without_such_a_file_there_is_nothing_to_warn_of(tmp_path, caplog):
    configure(tmp_path / ".env")
    assert caplog.messages == []
