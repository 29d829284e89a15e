"""The generated pages, and where they are."""

from pathlib import Path

from reference.api import api_page
from reference.commands import commands_page
from reference.settings import settings_page

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"


def pages() -> dict[Path, str]:
    """Return the text of each generated page."""
    example = (ROOT / ".env.example").read_text("utf-8")
    return {
        FOLDER / "settings.md": settings_page(example),
        FOLDER / "api.md": api_page(),
        FOLDER / "commands.md": commands_page(),
    }
