"""Write docs/openapi.json, the description of the API that `GET /v1/openapi.json` answers too.

python -m tools.openapi            write the document
python -m tools.openapi --check    exit 1 when it is not what the code says, or is no OpenAPI 3.1
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [
    p for p in (str(ROOT), str(ROOT / "layers" / "core"), str(ROOT / "functions" / "api")) if p not in sys.path
]

from api_answers import OPERATIONS  # noqa: E402
from api_description import describe  # noqa: E402
from openapi_spec_validator import validate  # noqa: E402

# Registers every route; by the name that tests know it by, because a router belongs to one application.
import_module("functions.api.api")
DOCUMENT = ROOT / "docs" / "openapi.json"


def document() -> dict[str, Any]:
    """The description; raises `OpenAPIValidationError` when it is none."""
    described = describe(OPERATIONS)
    validate(described)
    return described


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    wanted = text()
    current = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    if arguments == ["--check"]:
        if wanted != current:
            print("docs/openapi.json is out of date, run `python -m tools.openapi`", file=sys.stderr)
        return int(wanted != current)
    if wanted != current:
        DOCUMENT.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
