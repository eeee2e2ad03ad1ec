"""The finance reports: named queries in the part of Trino's SQL that DuckDB also runs.

Each `<name>.sql` in this folder is a report; its header comment says what it shows, which abilities
it needs beside `reports` (what it shows of customers and money; demands.md D74), and which
parameters it takes. Placeholders are written `:name` and filled by awswrangler's named parameters
(`paramstyle="named"`), which quotes values by type. The workspace is never the caller's to choose:
it is bound from the signed-in user, and always as an equality, which the tables demand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files

from ringlake.errors import InvalidRequest, NotFound
from ringlake.model.base import Model
from ringlake.model.directory import Ability

# The most days that one run may read, first and last included (features.md O21: 24 months of aggregates).
MOST_DAYS = 731
# `date.fromisoformat` would also take weeks (2026-W09-7) and other scripts' digits.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARAMETERS = re.compile(r"^-- Parameters: (.*?)(?: \(.*\))?$", re.MULTILINE)


class Parameter(Model, frozen=True, kw_only=True):
    """`type` is `text` or `date`."""

    name: str
    type: str


class Report(Model, frozen=True, kw_only=True):
    """One query. `parameters` are those that the caller gives: `workspace` is not among them. `needs` are the
    abilities that open what it shows.
    """

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    needs: tuple[Ability, ...] = ()
    sql: str


@cache
def reports() -> dict[str, Report]:
    """All reports by name, sorted."""
    sources = {
        entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".sql")
    }
    return {name: _report(name, sql) for name, sql in sorted(sources.items())}


def report(name: str) -> Report:
    """Raises `NotFound` for a name that is no report."""
    found = reports().get(name)
    if found is None:
        raise NotFound(name)
    return found


def bind(report: Report, workspace: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """Values of all placeholders, typed, for `params` of `awswrangler.athena.read_sql_query`.

    `arguments` are the caller's, by name; dates as `date` or ISO text. Raises `InvalidRequest`
    naming the argument that is missing, unknown or wrong.
    """
    wanted = {p.name: p.type for p in report.parameters}
    for name in arguments:
        if name not in wanted:
            raise InvalidRequest(name, "unknown parameter")
    bound: dict[str, object] = {"workspace": workspace}
    for name, kind in wanted.items():
        if name not in arguments:
            raise InvalidRequest(name, "missing")
        bound[name] = _date(name, arguments[name]) if kind == "date" else _text(name, arguments[name])
    first, last = bound.get("first_date"), bound.get("last_date")
    if isinstance(first, date) and isinstance(last, date):
        if last < first:
            raise InvalidRequest("last_date", "before first_date")
        if (last - first).days >= MOST_DAYS:
            raise InvalidRequest("last_date", f"more than {MOST_DAYS} days after first_date")
    return bound


def _report(name: str, sql: str) -> Report:
    header = [line.removeprefix("--").strip() for line in sql.splitlines() if line.startswith("--")]
    found = _PARAMETERS.search(sql)
    if found is None:
        raise ValueError(f"{name}.sql: no parameters in its header")
    declared = [word.split() for word in found[1].split(", ")]
    text = " ".join(line for line in header[1:] if not line.startswith(("Parameters:", "Needs:")))
    needs = [line.removeprefix("Needs:").split(", ") for line in header if line.startswith("Needs:")]
    return Report(
        name=name,
        title=header[0],
        description=text.removeprefix("What it shows: "),
        parameters=tuple(Parameter(name=n, type=t) for n, t in declared if n != "workspace"),
        needs=tuple(Ability(word.strip()) for words in needs for word in words),
        sql=sql,
    )


def _date(name: str, value: object) -> date:
    if type(value) is date:
        return value
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidRequest(name, "not a date as YYYY-MM-DD")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(name, "not a text")
    return value
