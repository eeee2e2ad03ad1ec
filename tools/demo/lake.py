"""What the fold and the roll-up made of it, row by row, and SQL over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rich.box import SIMPLE_HEAVY
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tools.simulator import compare, wire
from tools.simulator.observe import Observer, wait_for
from tools.simulator.truth import Truth, totals

from .findings import Findings, clock, console
from .memory import Memory
from .sending import Tally, Told

# Sending, folding and the roll-up of a month take about a minute; a slow machine may take longer.
FOLD_PATIENCE_S = 300.0
LOOK_AT_LAKE = "ringlake/fold, ringlake/metrics and the provider's adapter; the story is tools/simulator"
FINANCE = """
select direction, outcome, sum(is_call) as calls, sum(coalesce(talk_s, 0)) as talk_s
from calls
where workspace = '{workspace}' and day between '{first}' and '{last}' and is_call = 1
group by direction, outcome
order by direction, outcome
"""


def wait_until_folded(observer: Observer, stories: Sequence[Told]) -> tuple[int, int]:
    """Until the records have seen every event; how many events and records there are."""
    columns = (TextColumn("  folding"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    expected = {t.place.workspace: len(t.notices) for t in stories}
    parts = {t.place.workspace: t.known.parts for t in stories}
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=sum(expected.values()))

        def look() -> Any:
            seen = observer.folded_all(parts)
            progress.update(task, completed=sum(f.events for f in seen.values()))
            return seen if all(seen[w].events >= n for w, n in expected.items()) else None

        folded = wait_for("the fold of all events", look, patience_s=FOLD_PATIENCE_S, poll_s=1.0)
    events, records = sum(f.events for f in folded.values()), sum(f.total for f in folded.values())
    console.print(f"  {events} events became {records} records")
    return events, records


def check_folded(observer: Observer, stories: Sequence[Told], findings: Findings) -> None:
    events, records = wait_until_folded(observer, stories)
    look_at = "the log of the fold function, and quarantine"
    findings.add("events folded", events, sum(len(t.notices) for t in stories), look_at)
    findings.add("records", records, sum(t.records for t in stories), look_at)


def check_lake(observer: Observer, told: Told, findings: Findings) -> None:
    """Every row of the lake against the story, column by column."""
    calls = observer.lake("calls", told.place.workspace)
    real = [row for row in calls if row["is_call"]]
    known = told.known
    texts = observer.lake("messages", told.place.workspace)
    findings.add("calls in the lake", len(real), len(known.calls), LOOK_AT_LAKE)
    findings.add("texts in the lake", len(texts), len(known.messages), LOOK_AT_LAKE)
    findings.add("dispositions without a call", len(calls) - len(real), len(known.classifier_rows), LOOK_AT_LAKE)
    for kind, wrong in differing(observer, told).items():
        findings.rows(f"{kind} that differ", wrong, LOOK_AT_LAKE)


def differing(observer: Observer, told: Told) -> dict[str, list[compare.Difference]]:
    """By kind of row, every cell of the lake that is not as the story has it."""
    return compare.lake(told.known, told.story.days, lambda table: observer.lake(table, told.place.workspace))


def check_branches(observer: Observer, stories: Sequence[Told], said: Mapping[str, Tally], findings: Findings) -> None:
    """One line for each provider; a difference says which cell of which record it is."""
    titles = ("sent", "new", "again", "calls", "texts", "presence", "cases", "wrong")
    caption = "new: accepted; again: duplicates; presence: seconds; wrong: cells"
    table = Table("provider", title="Every provider, a workspace each", caption=caption, box=SIMPLE_HEAVY)
    table.pad_edge, table.collapse_padding = False, True
    for title in titles:
        table.add_column(title, justify="right")
    for story in stories:
        wrong = [d for found in differing(observer, story).values() for d in found]
        tally = said.get(story.place.workspace, Tally())
        known = story.known
        seconds = sum(known.presence_s.values())
        cells = (tally.sent, tally.accepted, tally.duplicates, len(known.calls), len(known.messages))
        presence = str(seconds or "-")
        mark = Text(str(len(wrong)), style="bold red" if wrong else "green")
        table.add_row(story.place.provider, *map(str, cells), presence, str(len(known.cases)), mark)
        look = f"ringlake/providers/{story.place.provider}.py, then ringlake/fold; {_open_points(story)}"
        findings.rows(f"cells of {story.place.provider} that differ", wrong, look)
    console.print(table)


def _open_points(told: Told) -> str:
    """What the provider's contract leaves open, so that nobody looks for it."""
    wires = {wire.WIRES[line.sends] for line in told.story.company.lines}
    columns = sorted({column for w in wires for column in getattr(w, "SILENT", {})})
    return f"its contract leaves open: {', '.join(columns) or 'nothing'}"


def ask_athena(observer: Observer, memory: Memory, known: Truth, findings: Findings) -> None:
    """A question of finance in plain SQL; its sums are the totals of the final table."""
    last = memory.last + timedelta(days=1)
    sql = FINANCE.format(workspace=memory.workspace, first=memory.days[0].isoformat(), last=last.isoformat())
    rows = observer.athena(sql)
    table = Table("direction", "outcome", "calls", "talk time", title="Athena: calls by direction and outcome")
    for row in rows:
        table.add_row(row["direction"], row["outcome"], row["calls"], clock(int(row["talk_s"])))
    console.print(table)
    look = "the query in tools/demo/lake.py, run by hand in Athena"
    counted = {(r["direction"], r["outcome"]): int(r["calls"]) for r in rows}
    findings.add("kinds of calls by SQL", counted, dict(totals(known.calls.values(), "direction", "outcome")), look)
    answered = sum(n for (_, outcome), n in counted.items() if outcome == "answered")
    missed = sum(n for (direction, outcome), n in counted.items() if direction == "inbound" and outcome != "answered")
    findings.add("answered, by SQL", answered, known.answered, look)
    findings.add("inbound unanswered, by SQL", missed, known.missed, look)
    findings.add("talk time, by SQL", clock(sum(int(r["talk_s"]) for r in rows)), clock(known.talk_s), look)
