"""Write docs/outcomes.md from the precedence tables and the providers' status tables as the code declares them.

python -m tools.outcomes            write the page
python -m tools.outcomes --check    exit 1 when it is not what the code says
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "outcomes.md"
sys.path[:0] = [p for p in (str(ROOT / "layers" / "core"),) if p not in sys.path]

from ringlake import providers  # noqa: E402
from ringlake.fold.legs import LEG_OUTCOMES  # noqa: E402
from ringlake.fold.message import STATUSES  # noqa: E402
from ringlake.fold.outcome import LIVE_STATES, MISSED_REASONS, OUTCOMES  # noqa: E402
from ringlake.model.facts import AnsweredBy, EndedAs, HangupBy, MessageStatus, PresenceStatus  # noqa: E402

HEAD = """# Outcomes

Written by `python -m tools.outcomes` from `ringlake/fold/` and `ringlake/providers/`; do not edit by hand.

Each table below is read from the top: the first row that holds decides. Storage, filters, screens and
files use what was decided once by these tables; nothing derives it again. Rules are cited from the
feature table (`features.md`), the metric dictionary (`metrics.md`), users' demands (`demands.md`) and
the decisions in `docs/adr`.
"""

CALLS = """## How a call ended

One outcome per call that has ended, whoever rang or took part. It never goes back: what is learned later
only fills in and corrects.
"""

MISSED = """## Why an inbound call was not answered

Exactly one reason per inbound call with another outcome than answered. Outbound and internal calls have
none: nobody can miss them. `spam` and `closed_hours` calls are listed apart and are no misses in the
numbers; `short_abandon` and `ivr_abandon` are counted beside them (docs/data-dictionary.md).
"""

LIVE = """## While a call lasts

A call of which only artefacts are known (a recording came first) is in no state.
"""

LEGS = """## How one attempt to connect one party ended

A call has as many legs as parties were tried. Legs never make a call missed.
"""

TEXTS = """## How a message ended

The first status in this order that any event stated.
"""

WORDS = """## Providers' words

What each adapter makes of its provider's words. A word that is not listed is kept as it is, counted, and
means `unknown`; a word without meaning here claims nothing. The words are hints for the tables above: who
picked up decides whether a call was answered, not the closing word.
"""

_SHOWN = (EndedAs, AnsweredBy, HangupBy, MessageStatus, PresenceStatus)


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield HEAD
    yield CALLS
    yield from _table(("outcome", "when", "rule"), ((r.outcome.value, r.meaning, r.source) for r in OUTCOMES))
    yield MISSED
    yield from _table(("reason", "when", "rule"), ((r.reason.value, r.meaning, r.source) for r in MISSED_REASONS))
    yield LIVE
    yield from _table(("state", "when", "rule"), ((r.state.value, r.meaning, r.source) for r in LIVE_STATES))
    yield LEGS
    yield from _table(
        ("outcome", "when", "rule"),
        ((r.outcome.value if r.outcome else "none yet", r.meaning, r.source) for r in LEG_OUTCOMES),
    )
    yield TEXTS
    yield from _table(("status", "when", "rule"), ((r.status.value, r.meaning, r.source) for r in STATUSES))
    yield WORDS
    for name, tables in _providers():
        yield f"### {name}\n"
        for title, words in tables:
            yield f"{title}:\n"
            yield from _table(("word", "meaning"), ((f"`{word}`", _meaning(of)) for word, of in words.items()))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _providers() -> Iterator[tuple[str, list[tuple[str, Mapping[str, Any]]]]]:
    """Modules of adapters and of what they share, with their status tables."""
    for found in sorted(iter_modules(providers.__path__), key=lambda m: m.name):
        module = import_module(f"{providers.__name__}.{found.name}")
        tables = [
            (name.lower().replace("_", " ").capitalize(), value)
            for name, value in vars(module).items()
            if not name.startswith("_") and isinstance(value, Mapping) and _is_status_table(value)
        ]
        if tables:
            yield found.name, tables


def _is_status_table(table: Mapping[Any, Any]) -> bool:
    """Whether words of a provider stand in it against words of ours."""
    return all(isinstance(word, str) and not isinstance(word, StrEnum) for word in table) and any(
        isinstance(part, _SHOWN) for value in table.values() for part in _parts(value)
    )


def _parts(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,)


def _meaning(value: Any) -> str:
    """One word of ours, or those for a call that came in and for one that went out."""
    if value is None:
        return "claims nothing"
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        named = {field: part for field, part in zip(value._fields, value, strict=True) if isinstance(part, StrEnum)}
        if len(set(named.values())) > 1:
            return ", ".join(f"{field} {part.value}" for field, part in named.items())
        return next(iter(named.values())).value
    return str(value.value) if isinstance(value, StrEnum) else str(value)


def main(arguments: list[str]) -> int:
    wanted = page()
    current = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if arguments == ["--check"]:
        if wanted != current:
            print("docs/outcomes.md is out of date, run `python -m tools.outcomes`", file=sys.stderr)
        return int(wanted != current)
    if wanted != current:
        PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
