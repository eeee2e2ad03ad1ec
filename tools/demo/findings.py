"""What a run found, beside what the simulator knows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.simulator import compare

console = Console(highlight=False, soft_wrap=True)


@dataclass
class Line:
    """One number that was found, beside what the simulator knows."""

    title: str
    found: object
    known: object
    look_at: str = ""

    @property
    def right(self) -> bool:
        return self.found == self.known


@dataclass
class Findings:
    """All lines of the final table, and differences of single rows."""

    lines: list[Line] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def add(self, title: str, found: object, known: object, look_at: str = "") -> None:
        self.lines.append(Line(title, found, known, look_at))

    def rows(self, title: str, wrong: Sequence[compare.Difference], look_at: str) -> None:
        self.add(title, len(wrong), 0, look_at)
        if wrong:
            self.details.append(f"{title}:\n{compare.summary(wrong)}")

    @property
    def right(self) -> bool:
        return all(line.right for line in self.lines)


@contextmanager
def phase(title: str) -> Iterator[None]:
    """One part of the demo, with the time it took."""
    console.print(f"[bold]{title}[/bold]")
    began = time.monotonic()
    yield
    console.print(f"  [dim]{time.monotonic() - began:.1f} s[/dim]")


def show(findings: Findings) -> None:
    table = Table("", "found", "known to be true", "", title="Does it add up?")
    for line in findings.lines:
        found, known = (f"{len(v)} kinds" if isinstance(v, dict) else str(v) for v in (line.found, line.known))
        mark = Text("✓", style="green") if line.right else Text("✗", style="bold red")
        table.add_row(line.title, found, known, mark)
    console.print(table)
    for line in findings.lines:
        if not line.right:
            console.print(Text(f"✗ {line.title}: look at {line.look_at}", style="red"))
    for detail in findings.details:
        console.print(Text(detail))


def clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
