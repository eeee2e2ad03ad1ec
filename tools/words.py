"""Give the dashboard the names of metrics and columns that files have: `python -m tools.words`.

Writes functions/dashboard/site/src/words/<language>/fields.json, and the English definitions of metrics beside the
translated ones; with `--check` says whether they are current. One word for one thing, on the screen and in the file.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

from ringlake.metrics.catalog import METRICS
from ringlake.model.language import Language

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "layers/core/ringlake/files/words"
TARGET = ROOT / "functions/dashboard/site/src/words"


def fields(language: Language) -> str:
    """The JSON of one language: code of a metric or column -> its name."""
    words = tomllib.loads((SOURCE / f"{language.value}.toml").read_text(encoding="utf-8"))
    return json.dumps(dict(sorted(words["fields"].items())), ensure_ascii=False, indent=2) + "\n"


def definitions() -> str:
    """The JSON of the English definitions: id of a metric -> its sentence, and what is divided by what."""
    found = {}
    for metric in METRICS:
        parts = {"numerator": metric.numerator, "denominator": metric.denominator}
        found[metric.id] = {"words": metric.words} | {name: text for name, text in parts.items() if text}
    return json.dumps(dict(sorted(found.items())), ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    stale = []
    files = {TARGET / language.value / "fields.json": fields(language) for language in Language}
    files[TARGET / "definitions" / "en.json"] = definitions()
    for path, text in files.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in arguments:
            stale.append(str(path.relative_to(ROOT)))
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    if stale:
        print(f"not current: {', '.join(stale)}\nrun `python -m tools.words`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
