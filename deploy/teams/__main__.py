"""
``python -m deploy.teams --app-id … --domain bot.example``: writes the app package for Teams.

An administrator uploads it in the Teams admin center; for a try, anybody who may upload custom apps. Source
of the format: https://learn.microsoft.com/microsoft-365/extensibility/schema/
"""

import argparse
import json
import re
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")

#: So that the same arguments make the same file.
_TIME = (2026, 1, 1, 0, 0, 0)

_COMMANDS = {
    "new": "Ask for a title, and start a job",
    "run": "Start a job, at once",
    "show": "See the jobs of this conversation",
    "settings": "See and change what you are told, and when",
    "help": "See what the bot can do",
}


def manifest(app_id: str, domain: str, *, name: str, version: str) -> dict[str, Any]:
    """Return the manifest of the bot *app_id*, whose pages are at *domain*."""
    scopes = ["personal", "team", "groupChat"]
    commands = [{"title": title, "description": text} for title, text in _COMMANDS.items()]
    return {
        "$schema": "https://developer.microsoft.com/json-schemas/teams/v1.25/MicrosoftTeams.schema.json",
        "manifestVersion": "1.25",
        "version": version,
        "id": app_id,
        "developer": {
            "name": name,
            "websiteUrl": f"https://{domain}",
            "privacyUrl": f"https://{domain}/privacy",
            "termsOfUseUrl": f"https://{domain}/terms",
        },
        "name": {"short": name, "full": f"{name}: told when it ends"},
        "description": {
            "short": "Starts jobs, and tells you in the conversation when they end.",
            "full": "Start a job from a chat and go on with your work. When it ends, after minutes or days,"
            " you are told in the conversation where you asked.",
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#0B5CAD",
        "bots": [
            {
                "botId": app_id,
                "scopes": scopes,
                "supportsFiles": False,
                "isNotificationOnly": False,
                "commandLists": [{"scopes": scopes, "commands": commands}],
            }
        ],
        "validDomains": [domain],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the package; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.teams", description=__doc__)
    parser.add_argument("--app-id", required=True, help="MicrosoftAppId of the bot")
    parser.add_argument("--domain", required=True, help="the bot's domain, such as bot.example")
    parser.add_argument("--name", default="Jobs", help="what people call it, 30 characters at most")
    parser.add_argument("--version", default="1.0.0", help="to be increased with each upload")
    parser.add_argument("--output", type=Path, default=Path("proactive-bot-teams.zip"))
    asked = parser.parse_args(arguments)
    app_id, domain = asked.app_id.lower(), asked.domain.lower()
    if not _GUID.fullmatch(app_id):
        parser.error("--app-id: take the app id from the bot's registration, such as 01234567-89ab-…")
    if not _DOMAIN.fullmatch(domain):
        parser.error("--domain: write the name alone, such as bot.example")
    if not 0 < len(asked.name) <= 30:
        parser.error("--name: Teams takes 30 characters at most")
    if not re.fullmatch(r"\d{1,5}\.\d{1,5}\.\d{1,5}", asked.version):
        parser.error("--version: write three numbers, such as 1.0.0")
    document = json.dumps(manifest(app_id, domain, name=asked.name, version=asked.version), indent=2)
    with zipfile.ZipFile(asked.output, "w", zipfile.ZIP_DEFLATED) as package:
        _add(package, "manifest.json", document.encode())
        for icon in ("color.png", "outline.png"):
            _add(package, icon, (_FOLDER / icon).read_bytes())
    print(f"{asked.output} is ready to be uploaded to Teams.")
    return 0


def _add(package: zipfile.ZipFile, name: str, content: bytes) -> None:
    package.writestr(zipfile.ZipInfo(name, _TIME), content)


if __name__ == "__main__":
    sys.exit(main())
