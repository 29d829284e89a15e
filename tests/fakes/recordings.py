"""Activities that the Emulator and the Agents Playground really sent, by file name."""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[1] / "fixtures" / "activities"

RECORDINGS: dict[str, Any] = {
    path.stem: json.loads(path.read_bytes()) for path in sorted(_FOLDER.glob("*.json"))
}
