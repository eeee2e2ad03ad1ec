"""Write docs/metrics.md and docs/metrics.sql from the dictionary of metrics as the code declares it.

python -m tools.metrics            write both
python -m tools.metrics --check    exit 1 when one is not what the code says
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "metrics.md"
VIEWS = ROOT / "docs" / "metrics.sql"
sys.path[:0] = [p for p in (str(ROOT / "layers" / "core"),) if p not in sys.path]

from ringlake.metrics import sql  # noqa: E402
from ringlake.metrics.catalog import METRICS, TOPICS  # noqa: E402
from ringlake.metrics.catalog.metric import Mean, Metric, Money  # noqa: E402
from ringlake.model.tables import CALLS, MESSAGES  # noqa: E402

HEAD = """# Metrics

Written by `python -m tools.metrics` from `ringlake/metrics/catalog/`; do not edit by hand. Screens, lists, files and
SQL take every formula from there, so a tooltip cannot say one thing and a number another. `GET /v1/metrics`
gives the same lines with the settings that count in a workspace.

## What every metric keeps to

* Counts of calls count calls, one for each, whoever rang or took part. A call belongs to the period in which it
  started, by the clock of the workspace's zone; a day of 23 or 25 hours is one day.
* Spam is in no metric but the counts of spam, unless a question says `include_spam`; internal calls are in none
  unless it says `include_internal`. Calls that ended in the menu and unanswered calls outside open hours are
  in no rate of offered calls and have counts of their own.
* A rate whose denominator is 0 is null, never 0 or 100 %. What is unknown is not nought: an unknown wait is in no
  mean, an unknown charge in no cost.
* Means stand beside their n, median and p90. The median of an even number of values is the mean of the two in the
  middle; p90 is the smallest value that nine tenths do not exceed. Durations are whole seconds, as in the files.
* Thresholds are compared in milliseconds, and exactly the threshold is inside. Calls are sorted into the sets of the
  service level when they are folded, by the thresholds of the workspace; when those change, history is folded
  again and `settings_version` in every answer rises.
* Totals are measured over the rows, never added up from groups: distinct counts, means and medians have no sum.
* Money is exact, in the workspace's currency; charges in another currency are counted apart.
* Missed group calls are charged to nobody; they are in the row "Unassigned", so that rows add up to the total.

`better` says which way is good. Settings are fields of `GET /v1/directory/settings`.
"""
SQL_HEAD = """## SQL

The expressions run over the tables of [the data dictionary](data-dictionary.md) on Athena and on DuckDB alike.
`:currency` is the workspace's currency. `interactions` is calls and messages together. [metrics.sql](metrics.sql) has
a view for each table with its metrics by day, ready for `create or replace view`:

```sql
select * from calls_per_day where workspace = 'acme' and local_date between date '2026-03-01' and date '2026-03-31'
```

A view reads all history of the workspace that the query names. Over long histories take the statement of the view
instead and add a condition on `day`, as the named reports do.
"""
VIEW_HEAD = """-- Metrics by local day, one view for each table. Written by `python -m tools.metrics` from the
-- dictionary of metrics, do not edit by hand. Every query must name one workspace. Internal calls are left
-- out; spam is in no metric but its own. Runs on Athena (Trino) and DuckDB.

"""
# The columns that metrics of both channels read.
_COMMON = (
    "record_id", "user_id", "team_id", "business_number", "business_number_id", "direction", "party_key",
    "started_at", "local_date", "local_hour", "local_weekday", "cost_amount", "cost_currency", "home_amount",
    "home_currency", "is_cost_converted", "is_spam",
)  # fmt: skip


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    for title, metrics in TOPICS:
        if metrics:
            lines += [f"## {title}\n", *(line for metric in metrics for line in _metric(metric))]
    lines.append(SQL_HEAD)
    lines += [line for metric in METRICS for line in _expression(metric)]
    return "\n".join(lines).rstrip() + "\n"


def views() -> str:
    """All views, those that others read first."""
    by_day = (_view(table) for table in ("calls", "messages", "cases", "interactions"))
    return VIEW_HEAD + "\n".join([_interactions(), *by_day, _spend()])


def _metric(metric: Metric) -> Iterator[str]:
    yield f"### {metric.name}\n"
    yield f"`{metric.id}`, {metric.unit.value}, one {metric.grain.value} at a time. {metric.words}\n"
    if metric.denominator:
        yield f"* {metric.numerator} / {metric.denominator}"
    if metric.settings:
        yield f"* Settings: {', '.join(f'`{name}`' for name in metric.settings)}"
    if metric.better:
        yield f"* Better: {metric.better}"
    yield f"* Rule: {metric.source}\n"


def _expression(metric: Metric) -> Iterator[str]:
    text = sql.expression(metric)
    if text:
        yield f"`{metric.id}` over `{metric.table}`\n\n```sql\n{text}\n```\n"


def _interactions() -> str:
    shared = ",\n    ".join(_COMMON)
    parts = [
        f"select\n    workspace,\n    day,\n    {shared},\n"
        f"    {calls} as is_call,\n    {messages} as is_message\nfrom {table}"
        for table, calls, messages in ((CALLS.name, "is_call", "0"), (MESSAGES.name, "0", "is_message"))
    ]
    return "create or replace view interactions as\n" + "\nunion all\n".join(parts) + ";\n"


def _view(table: str) -> str:
    columns = ["workspace", "local_date"]
    for metric in METRICS:
        if metric.table == table and metric.formula is not None and sql.CURRENCY not in sql.expression(metric):
            columns += [f"{text} as {name}" for name, text in _columns(metric)]
    where = "\nwhere is_internal = 0" if table == CALLS.name else ""
    where = "\nwhere direction <> 'internal'" if table == "interactions" else where
    return _statement(f"{table}_per_day", columns, table + where, "workspace, local_date")


def _columns(metric: Metric) -> Iterator[tuple[str, str]]:
    if metric.id == "internal_calls":
        return
    yield metric.id, sql.expression(metric)
    if isinstance(metric.formula, Mean):
        yield f"{metric.id}_median", sql.median(metric)
        yield f"{metric.id}_p90", sql.p90(metric)


def _spend() -> str:
    """Money by day, in the workspace's currency. It may have had several: those are never added up."""
    columns = ["workspace", "local_date", "home_currency"]
    known = f"(home_amount is not null and coalesce(home_currency, '') = {sql.CURRENCY})"
    for metric in METRICS:
        if metric.table == "calls" and isinstance(metric.formula, Money):
            text = sql.expression(metric).replace(known, "home_amount is not null")
            columns.append(f"{text} as {metric.id}")
    source = "calls\nwhere is_internal = 0 and home_amount is not null"
    return _statement("call_spend_per_day", columns, source, "workspace, local_date, home_currency")


def _statement(name: str, columns: list[str], source: str, groups: str) -> str:
    listed = ",\n    ".join(columns)
    return f"create or replace view {name} as\nselect\n    {listed}\nfrom {source}\ngroup by {groups};\n"


def main(arguments: list[str]) -> int:
    stale = [
        path
        for path, wanted in ((PAGE, page()), (VIEWS, views()))
        if not path.exists() or path.read_text(encoding="utf-8") != wanted
    ]
    if arguments == ["--check"]:
        for path in stale:
            print(f"docs/{path.name} is out of date, run `python -m tools.metrics`", file=sys.stderr)
        return int(bool(stale))
    for path in stale:
        path.write_text(page() if path is PAGE else views(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
