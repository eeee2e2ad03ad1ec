"""Write docs/data-dictionary.md from the tables and the reports as the code declares them.

python -m tools.dictionary            write the page
python -m tools.dictionary --check    exit 1 when it is not what the code says
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "data-dictionary.md"
sys.path[:0] = [p for p in (str(ROOT / "layers" / "core"),) if p not in sys.path]

from ringlake.model.tables import TABLES, Table  # noqa: E402
from ringlake.reports import Report, reports  # noqa: E402

TYPES = {
    "string": "text, never null: an unknown value is empty",
    "int": "32-bit whole number",
    "bigint": "64-bit whole number",
    "date": "calendar date",
    "timestamp": "milliseconds, UTC, without zone",
    "boolean": "true, false or null",
    "decimal(12,4)": "exact decimal with 4 places",
    "decimal(20,10)": "exact decimal with 10 places",
}

HEAD = """# Data dictionary

Written by `python -m tools.dictionary` from `ringlake/model/tables.py` and `ringlake/reports/`;
do not edit by hand.

## Where the tables are

The Glue database `ringlake_<env>` holds the tables below as Parquet on S3, one object per table,
workspace and UTC day: `<table>/workspace=<workspace>/day=<YYYY-MM-DD>/data.parquet`. The roll-up
replaces each object as a whole, so that a query sees a day as it was or as it is, never a mixture.
Freshness is the `as_of` of every answer and file.

Two columns come from the path:

| column | type | meaning |
|---|---|---|
| workspace | string | the workspace; **a query must name exactly one** by `workspace = '...'`, or Athena refuses it |
| day | string | UTC day of the start, `YYYY-MM-DD`; name a range of it, or all of history is read. |

Of `reconciliations` the `day` is the first day of the invoice's period, of `closings` and `closed_charges` the first
day of the month.

## How workspaces are kept apart

`workspace` is an *injected* partition: without an equality there is no path to read, so a query
cannot run over everybody by mistake. The named reports never take the workspace from the caller:
it is bound from the signed-in user. Results lie under the workgroup's own prefix, encrypted, and
the workgroup limits how much one query may scan. Whoever may run free SQL in the workgroup can
read every workspace of this installation; give that right accordingly.

Phone numbers, names and e-mail addresses have no column statistics, so none of them is in a file's
footer. `party_key` joins and counts customers without showing the number: it is a keyed hash,
another one in every workspace.

## What every column keeps to

* Indicator columns (`is_*`) are 0 or 1: every count is a sum, every rate a sum over a sum.
* Durations are whole seconds, rounded half up; null for a phase that never happened, never 0.
  The sums in `activity` are 0 where there was nothing to add.
* Thresholds (short abandon, service level) are compared in milliseconds, before rounding; exactly
  the threshold is inside. Their indicator columns are right, comparing the rounded column is not.
* An unknown amount is null, never 0. `cost_amount` is in `cost_currency`: amounts of different currencies are
  never added. `home_amount` is the same in the workspace's currency, at the stored rate of its day; add up that one,
  and say beside the sum how many rows it lacks.
* `local_date`, `local_hour` and `local_weekday` are the workspace's calendar, daylight saving
  included. A local day lies on two UTC days: filter by `local_date` and let `day` reach one day
  further on both sides.
* One call is one row, whoever rang or took part; legs and steps are in `legs`.

## Portable SQL

The shipped queries run unchanged on Athena and on DuckDB. What to write, so that yours do too:

| instead of | write |
|---|---|
| `a / b` | `cast(a as double) / nullif(b, 0)`: integers divide differently, an empty denominator is null |
| `approx_distinct(x)` | `count(distinct x)` |
| `approx_percentile(x, 0.9)` | `row_number()` over the sorted rows, then `min(x) where rn >= 0.9 * n` |
| `d - interval '1' day` as a date | `cast(d - interval '1' day as date)` |
| `date_trunc('week', d)` as a date | `cast(date_trunc('week', d) as date)` (weeks begin on Monday) |
| `date_diff('minute', a, b)` | `date_diff('second', a, b)` and divide: others count boundaries, not time |
| `day_of_week(d)` | `local_weekday` |
| `at_timezone(ts, zone)` | `local_date` and `local_hour` |
| the same in another zone | `cast(ts at time zone 'UTC' at time zone 'Europe/Warsaw' as timestamp)` |
| `format_datetime`, `date_format` | format outside of SQL |
| `date_diff('second', a, b)` of moments with fractions | `date_trunc('second', a)` and `b` first |
| an expression without a name | `... as name` |

## Tables
"""


def page() -> str:
    """The whole page."""
    lines = [HEAD, *(line for table in TABLES for line in _table(table)), "## Reports\n"]
    lines.append(
        "Named queries in `ringlake/reports/`, run by `POST /v1/reports/{name}/runs` or by hand in Athena "
        "(put values for the words that begin with a colon).\n"
    )
    lines += [line for found in reports().values() for line in _report(found)]
    return "\n".join(lines).rstrip() + "\n"


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}\n"
    yield f"{table.grain[0].upper()}{table.grain[1:]}. A row is identified by {_words(table.key)}; files are"
    yield f"sorted by {_words(table.order)}.\n"
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    for column in table.columns:
        note = "" if column.statistics else " (personal: no statistics)"
        yield f"| {column.name} | {column.type} | {column.doc}{note} |"
    yield ""
    used = [name for name in TYPES if any(c.type == name for c in table.columns)]
    yield "Types: " + "; ".join(f"`{name}` {TYPES[name]}" for name in used) + ".\n"


def _report(found: Report) -> Iterator[str]:
    yield f"### {found.name}\n"
    yield f"**{found.title}.** {found.description}\n"
    needed = ", ".join(f"`{name}`" for name in ("reports", *(ability.value for ability in found.needs)))
    yield f"Parameters: {', '.join(f'`{p.name}` ({p.type})' for p in found.parameters)}; days are included."
    yield f"Needs {needed}.\n"
    body = "\n".join(line for line in found.sql.strip().splitlines() if not line.startswith("--"))
    yield f"```sql\n{body}\n```\n"


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main(arguments: list[str]) -> int:
    wanted = page()
    current = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if arguments == ["--check"]:
        if wanted != current:
            print("docs/data-dictionary.md is out of date, run `python -m tools.dictionary`", file=sys.stderr)
        return int(wanted != current)
    if wanted != current:
        PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
