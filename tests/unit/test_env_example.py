"""`.env.example` is where an operator looks up the settings: it names all of them, and no others."""

import re
from pathlib import Path

from config import load_config, setting_names

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def shown() -> dict[str, str]:
    """Name and default of each setting in the file; all of them stand in comments."""
    settings = re.findall(r"^#(\w+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    assert len(settings) == len(dict(settings))
    return dict(settings)


def test_it_names_exactly_the_settings_there_are():
    assert sorted(shown()) == sorted(setting_names())


def test_the_values_it_shows_are_the_defaults(monkeypatch, tmp_path):
    for name in setting_names():
        monkeypatch.delenv(name, raising=False)
    # The default database lies beside the program, wherever that is.
    uncommented = tmp_path / ".env"
    uncommented.write_text(
        "".join(f"{name}={value}\n" for name, value in shown().items() if name != "DATABASE_URL")
    )
    assert load_config(_env_file=uncommented) == load_config(_env_file=None)
    assert load_config(_env_file=EXAMPLE) == load_config(_env_file=None)
