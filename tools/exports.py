"""Write docs/export-columns.md: every column of every export, from the reports as the code declares them.

python -m tools.exports            write the page
python -m tools.exports --check    exit 1 when it is not what the code says
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "export-columns.md"
sys.path[:0] = [p for p in (str(ROOT / "layers" / "core"),) if p not in sys.path]

from ringlake.access import Principal  # noqa: E402
from ringlake.files.sheet import Field  # noqa: E402
from ringlake.files.words import Words  # noqa: E402
from ringlake.flows.exports import REPORTS  # noqa: E402
from ringlake.flows.exports.offered import columns, variants  # noqa: E402
from ringlake.model.directory import Role, User, Workspace  # noqa: E402
from ringlake.model.language import Language  # noqa: E402
from ringlake.stores.directory import MemoryDirectory  # noqa: E402
from ringlake.stores.vault import MemoryVault  # noqa: E402

HEAD = """# Columns of exports

Written by `python -m tools.exports` from `ringlake/flows/exports` and `ringlake/files`; do not edit by hand.

What each report is and takes: [exports](exports.md). The code stays the same in every language; the words are those
of English headers. Of reports with `metrics` the usual ones are here; any other metric ([metrics](metrics.md)) has its
columns in their place. Who may not see costs has no columns of metrics about them. Of the profile `list` those are here
that the list shows unless it is told; any other column of `GET /v1/interactions` may be chosen too.
"""
DAY = datetime(2026, 3, 11, 9, tzinfo=UTC)


def page() -> str:
    directory = MemoryDirectory(MemoryVault())
    directory.put_workspace(Workspace(id="example", name="Example"))
    owner = User(id="owner", email="owner@example.com", name="Owner", role=Role.OWNER)
    viewer = Principal(workspace="example", user=owner)
    parts = [HEAD]
    for name, report in REPORTS.items():
        for options in variants(report, {}):
            for profile in ("ringlake",) if name == "detailed" else report.profiles:
                fields, _ = columns(viewer, report, options, profile, directory, DAY)
                title = name if len(report.profiles) == 1 else f"{name}, profile `{profile}`"
                if chart := options.get("chart"):
                    title = f"chart: {chart}"
                if name == "detailed":
                    title = "detailed, beside the columns of `interactions`"
                    fields = tuple(field for field in fields if field.name.startswith("step_"))
                parts.append(_section(title, fields))
    return "\n".join(parts)


def _section(title: str, fields: Iterable[Field]) -> str:
    return "\n".join([f"## {title}\n", "| column | holds | header |", "|---|---|---|", *_rows(fields), ""])


def _rows(fields: Iterable[Field]) -> Iterator[str]:
    words = Words(Language.EN)
    for field in fields:
        yield f"| `{field.name}` | {field.kind.value} | {words.field(field)} |"


def main(arguments: list[str]) -> int:
    wanted = page()
    current = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if arguments == ["--check"]:
        if wanted != current:
            print("docs/export-columns.md is out of date, run `python -m tools.exports`", file=sys.stderr)
        return int(wanted != current)
    if wanted != current:
        PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
