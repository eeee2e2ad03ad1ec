"""What a bench returns, and how it is printed."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("boto3", "msgspec", "pydantic", "aws-lambda-powertools", "pyarrow", "pandas", "awswrangler", "duckdb")


@dataclass(frozen=True)
class Bar:
    """A number that must not be passed: `value` against `limit`, from above or (`at_least`) from below."""

    name: str
    value: float
    limit: float
    unit: str = "x"
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def sign(self) -> str:
        return "≥" if self.at_least else "≤"

    def __str__(self) -> str:
        verdict = "met" if self.met else "MISSED"
        return f"{self.name}: {self.value:,.3g} {self.unit}, bar {self.sign} {self.limit:g} {self.unit}: {verdict}"


@dataclass
class Outcome:
    """One bench: `lines` are what was measured, `bars` what was promised, `notes` what to know of it."""

    name: str
    title: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def line(self, what: str, value: str) -> None:
        self.lines.append((what, value))

    @property
    def met(self) -> bool:
        return all(bar.met for bar in self.bars)

    def text(self) -> str:
        width = max((len(what) for what, _ in self.lines), default=0)
        return "\n".join(
            [
                f"{self.name}  {self.title}",
                *(f"    {what:<{width}}  {value}" for what, value in self.lines),
                *(f"  → {bar}" for bar in self.bars),
                *(f"    note: {note}" for note in self.notes),
            ]
        )

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "bars": [{**asdict(bar), "met": bar.met} for bar in self.bars], "met": self.met}


def machine() -> dict[str, str]:
    """Where the numbers come from: cores, memory, system, Python and the libraries compared."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: found for name in PACKAGES if (found := _version(name))},
    }


def machine_line() -> str:
    found = machine()
    return (
        f"{found.pop('cores')} cores, {found.pop('memory')}, {found.pop('processor')}, {found.pop('system')}; "
        + ", ".join(f"{name} {value}" for name, value in found.items())
    )


def summary(outcomes: Sequence[Outcome]) -> str:
    bars = [bar for outcome in outcomes for bar in outcome.bars]
    missed = [bar for bar in bars if not bar.met]
    head = f"{len(bars) - len(missed)} of {len(bars)} bars met"
    return "\n".join([head, *(f"  missed: {bar}" for bar in missed)])


PAGE = """\
# Benchmarks

`make bench` measures, `python -m tests.bench --docs` also writes this page: change it there
(`tests/bench/report.py`). One bench alone: `python -m tests.bench rollup`.

Every bar is a ratio against a named peer that ran alternately with ours, or a number of units.
Ratios hold on other machines, seconds do not. Times are CPU seconds of the working process unless a line
says otherwise; medians, with quartiles in brackets. Memory is the peak of a process of its own.

Machine of this run: {machine}

## Bars

| | what | measured | bar | |
|---|---|---|---|---|
{bars}

## What was measured

{details}
"""


def page(outcomes: Sequence[Outcome]) -> str:
    """docs/benchmarks.md from the outcomes of all benches."""
    rows = [
        f"| {outcome.name} | {bar.name} | {bar.value:,.3g} {bar.unit} | {bar.sign} {bar.limit:g} {bar.unit} | "
        f"{'met' if bar.met else '**missed**'} |"
        for outcome in outcomes
        for bar in outcome.bars
    ]
    details = [f"```\n{outcome.text()}\n```" for outcome in outcomes]
    return PAGE.format(machine=machine_line(), bars="\n".join(rows), details="\n\n".join(details))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"
