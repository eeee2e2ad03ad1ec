"""What the API answers to a dashboard."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from tools.simulator import figures
from tools.simulator.observe import Observer

from .findings import Findings, clock, console
from .memory import Memory
from .sending import Told

LOOK_AT_ANSWERS = "ringlake/metrics/catalog and ringlake/flows/answers; the story is tools/simulator/figures.py"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHADES = " ░▒▓█"
# Shares are sums over sums: only the last digits of a float may differ.
NEAR = 1e-9


def answers(observer: Observer, memory: Memory, main: Told, findings: Findings) -> None:
    """Summary and heat map of everything told so far, as the owner's dashboard asks for them."""
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])
    period = f"from={memory.days[0].isoformat()}&to={memory.last.isoformat()}"
    known = figures.summary(main.story, main.known)
    wanted = "&".join(f"metrics={name}" for name in known)
    found = observer.asked(f"/v1/analytics/summary?{period}&{wanted}", token)
    values = {card["value"]["metric"]: card["value"]["value"] for card in found["metrics"]}
    table = Table("metric", "", title=f"Summary, {found['meta']['zone']}, as of {found['meta']['as_of']}")
    for name, expected in known.items():
        value = values.get(name)
        table.add_row(name.replace("_", " "), _shown(name, value))
        right = value == expected or (
            isinstance(value, float) and isinstance(expected, float) and _near(value, expected)
        )
        findings.add(f"summary: {name.replace('_', ' ')}", expected if right else value, expected, LOOK_AT_ANSWERS)
    console.print(table)

    heat = observer.asked(f"/v1/analytics/heatmap?{period}", token)
    cells = {(c["weekday"], c["hour"]): c["value"] for c in heat["cells"] if c["value"]}
    expected_cells = figures.heat(main.story, main.known)
    show_heat(cells)
    findings.add("heat map", dict(cells), dict(expected_cells), LOOK_AT_ANSWERS)
    peaks = [(p["weekday"], p["hour"]) for p in heat["peaks"]]
    console.print(f"  busiest: {', '.join(p['name'] for p in heat['peaks'])}")
    findings.add("peaks", peaks, figures.peaks(expected_cells, memory.days[0], memory.last), LOOK_AT_ANSWERS)


def quotes(observer: Observer, memory: Memory, main: Told, findings: Findings) -> None:
    """What became of the quotes, and of which brands they were."""
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])
    period = f"from={memory.days[0].isoformat()}&to={memory.last.isoformat()}"
    found = observer.asked(f"/v1/analytics/deals?{period}&by=brand", token)
    values = {value["metric"]: value["value"] for value in found["values"]}
    known = figures.quotes(main.story)
    for name in ("quotes", "orders", "lost_quotes", "open_quotes", "conversion"):
        expected, value = known[name], values.get(name)
        near = isinstance(value, float) and isinstance(expected, float) and _near(value, expected)
        findings.add(f"quotes: {name.replace('_', ' ')}", expected if near else value, expected, LOOK_AT_ANSWERS)
    rows = {row["name"]: row["values"][0]["value"] for row in found["rows"]}
    brands = figures.brands(main.story)
    findings.add("quotes by brand", sorted(rows.values()), sorted(brands.values()), LOOK_AT_ANSWERS)
    console.print(
        f"  {known['quotes']} quotes, {known['orders']} ordered ({_shown('conversion', known['conversion'])}): "
        + ", ".join(f"{name or 'no brand'} {count}" for name, count in brands.most_common())
    )


def show_heat(cells: Mapping[tuple[int, int], int]) -> None:
    most = max(cells.values(), default=1)
    console.print("  [bold]Calls and texts by weekday and hour[/bold]")
    console.print("      " + "".join(f"{hour:<4d}" for hour in range(0, 24, 2)))
    for weekday, name in enumerate(WEEKDAYS, start=1):
        levels = (-(-cells.get((weekday, hour), 0) * (len(SHADES) - 1) // most) for hour in range(24))
        console.print(Text(f"  {name} " + "".join(SHADES[level] * 2 for level in levels)))


def _near(a: float, b: float) -> bool:
    return abs(a - b) < NEAR


def _shown(name: str, value: int | float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1%}"
    return clock(value) if name.endswith("_s") else f"{value:,}"
