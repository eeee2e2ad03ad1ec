"""What a month is reduced to when it is closed: rows, seconds, amounts and a digest for each table and day. Pure.

The digest is over values, not over bytes of a file: another writer, order, compression or version of a library gives
the same. It is the SHA-256 of one line for each row, sorted by key and joined by line feeds, each line the columns
in `COLUMNS` in that order as PostgreSQL's COPY writes them: tabs between, `\\N` for null, a backslash, tab, line
feed or carriage return of a value behind a backslash. Moments are milliseconds since 1970, dates ISO 8601, amounts
have four decimals. The digest of a month is that of the lines `<table> <day> <rows> <digest>`, sorted.

Nothing of it is about a customer: a person who is forgotten later (demands.md D76) leaves a closed month as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ringlake.model.arrow import Column, kernels
from ringlake.model.closings import Closing, Frozen, Sum

from .columns import joined

if TYPE_CHECKING:
    import pyarrow as pa

type Row = Mapping[str, object]


class Part(NamedTuple):
    """What a table brings into a closing: rows with `flag` = 1, by `key`; `seconds` are summed."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    flag: str
    seconds: str


_INTERACTION = ("started_at", "local_date", "direction", "business_number", "user_id", "team_id", "is_spam")
_MONEY = ("cost_amount", "cost_currency", "home_amount", "home_currency")
# Rows whose texts are in memory at the same time.
_AT_ONCE = 65_536
# By table.
COLUMNS: Mapping[str, Part] = MappingProxyType(
    {
        "charges": Part(
            (
                "record_id", "unit", "rating", "channel", *_INTERACTION, "destination_country", "prefix", "cost_source",
                "tariff_id", "tariff_version", "billable_s", "charged_s", "segments", *_MONEY,
            ),
            ("channel", "record_id", "unit"), "is_charge", "billable_s",
        ),
        "calls": Part(("record_id", *_INTERACTION, "outcome", "talk_s", *_MONEY), ("record_id",), "is_call", "talk_s"),
        "messages": Part(("record_id", *_INTERACTION, "status", "segments", *_MONEY), ("record_id",), "is_message", ""),
    }
)  # fmt: skip


def needed(table: str) -> tuple[str, ...]:
    """The columns that `of_month` reads."""
    part = COLUMNS[table]
    return (*part.columns, part.flag)


def of_month(table: str, rows: pa.Table, month: date) -> pa.Table:
    """The rows that a closing of the month (its first day) is about, with `COLUMNS`, sorted by key."""
    import pyarrow as pa

    pc = kernels()
    part = COLUMNS[table]
    first, following = (pa.scalar(day, pa.date32()) for day in (month, following_month(month)))
    inside = pc.and_(pc.greater_equal(rows["local_date"], first), pc.less(rows["local_date"], following))
    kept = rows.filter(pc.and_(pc.equal(rows[part.flag], 1), inside)).select(list(part.columns))
    return kept.sort_by([(name, "ascending") for name in part.key])


def frozen(table: str, day: date, rows: pa.Table) -> Frozen:
    """One part of a closing: the rows of one UTC day as `of_month` gives them."""
    sums = _sums(rows, COLUMNS[table].seconds)
    return Frozen(table=table, day=day, rows=rows.num_rows, sums=sums, sha256=digest(rows))


def digest(rows: pa.Table) -> str:
    """SHA-256 of rows that are sorted by their key."""
    found = hashlib.sha256()
    for start in range(0, rows.num_rows, _AT_ONCE):
        found.update(
            ("\n" if start else "").encode() + "\n".join(lines(rows.slice(start, _AT_ONCE)).to_pylist()).encode()
        )
    return found.hexdigest()


def lines(rows: pa.Table) -> Column:
    """The text of each row, which is equal for equal rows and for no others."""
    cells = [_cells(rows[name]) for name in rows.column_names]
    return kernels().binary_join_element_wise(*cells, "\t")


def digest_of(parts: Iterable[Frozen]) -> str:
    """The digest of a whole closing."""
    told = sorted(f"{part.table} {part.day} {part.rows} {part.sha256}" for part in parts)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def closing_rows(closings: Sequence[Closing]) -> list[Row]:
    """The rows of table `closings` for all closings of one month, of which the last is the latest."""
    latest = max((closing.version for closing in closings), default=0)
    return [
        {
            "month": closing.month,
            "closing": closing.version,
            "is_latest": int(closing.version == latest),
            "part": part.table,
            "utc_day": part.day,
            "currency": told.currency,
            "row_count": told.rows,
            "seconds": told.seconds,
            "amount": told.amount,
            "part_sha256": part.sha256,
            "closing_sha256": closing.sha256,
            "zone": closing.zone,
            "closed_at": closing.closed_at,
            "closed_by": closing.closed_by,
            "lake_as_of": closing.lake_as_of,
        }
        for closing in closings
        for part in closing.parts
        for told in part.sums
    ]


def closed_charges(closing: Closing, charges: pa.Table, *, latest: bool) -> pa.Table:
    """The rows of table `closed_charges` for the charges that a closing froze."""
    import pyarrow as pa

    count = charges.num_rows
    told: dict[str, Any] = {
        "month": pa.repeat(pa.scalar(closing.month, pa.date32()), count),
        "closing": pa.repeat(pa.scalar(closing.version, pa.int32()), count),
        "is_latest": pa.repeat(pa.scalar(int(latest), pa.int32()), count),
    }
    for name, column in told.items():
        charges = charges.append_column(name, column)
    return charges


def following_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _sums(rows: pa.Table, seconds: str) -> tuple[Sum, ...]:
    """By currency; rows without an amount have none."""
    import pyarrow as pa

    pc = kernels()
    currency = pc.if_else(pc.is_valid(rows["cost_amount"]), rows["cost_currency"], "")
    lasted = pc.fill_null(rows[seconds], 0) if seconds else pa.repeat(pa.scalar(0), rows.num_rows)
    told = pa.table({"currency": currency, "amount": rows["cost_amount"], "seconds": lasted})
    grouped = told.group_by("currency").aggregate([("amount", "sum"), ("seconds", "sum"), ([], "count_all")])
    return tuple(
        Sum(
            currency=one["currency"],
            rows=one["count_all"],
            seconds=one["seconds_sum"],
            amount=one["amount_sum"] or Decimal(0),
        )
        for one in sorted(grouped.to_pylist(), key=lambda one: str(one["currency"]))
    )


def _cells(column: Column) -> Column:
    """The texts of a column as COPY writes them."""
    import pyarrow as pa

    pc = kernels()
    values = joined(column)
    kind = values.type
    if pa.types.is_timestamp(kind):
        values = values.cast(pa.timestamp("ms")).cast(pa.int64())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        values = values.cast(pa.string())
        for mark, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
            values = pc.replace_substring(values, mark, written)
    return pc.fill_null(values.cast(pa.string()), "\\N")
