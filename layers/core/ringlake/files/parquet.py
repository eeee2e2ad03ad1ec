"""Parquet with the types of the sheet, a row group at a time.

Text and phone are strings, whole numbers and seconds 64-bit integers, money decimal(24,4), numbers and shares
doubles, flags 0 or 1 as in the lake, moments UTC timestamps of milliseconds, local times timestamps without a
zone, dates dates. Text has no statistics in the footer, which would show a person's number or name (security.md 8).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Any

from ringlake.model.arrow import kernels, wall

from .csv import Column, Local
from .lines import TEXTS
from .sheet import About, Batch, Field, Kind, Sheet, Written

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_ROWS = 65_536


class _Out(io.RawIOBase):
    """Takes what the writer writes until it is fetched."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, body: Any, /) -> int:
        # A copy: the writer uses its memory again.
        self._pieces.append(bytes(body))
        self._at += len(self._pieces[-1])
        return len(self._pieces[-1])

    def fetched(self) -> list[bytes]:
        pieces, self._pieces = self._pieces, []
        return pieces


def row_groups(sheet: Sheet, about: About) -> Iterator[Written]:
    """The Parquet file of a sheet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = _Out()
    facts = {
        "report": sheet.name,
        "zone": about.zone.key,
        "as_of": about.as_of.astimezone(UTC).isoformat() if about.as_of else None,
        "settings_version": about.settings_version,
    }
    schema = pa.schema(
        [pa.field(field.name, _types()[field.kind]) for field in sheet.fields],
        metadata={"ringlake": json.dumps(facts)},
    )
    sink: Any = out
    with pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        write_statistics=[field.name for field in sheet.fields if field.kind not in TEXTS],
    ) as writer:
        yield Written(out.fetched(), 0, 0)
        held: list[pa.Table] = []
        for batch in sheet.batches:
            held += [_table(sheet.fields, schema, batch)] if batch.rows else []
            rows = sum(table.num_rows for table in held)
            if rows >= _GROUP_ROWS:
                writer.write_table(pa.concat_tables(held), row_group_size=rows)
                held = []
                yield Written(out.fetched(), rows, 0)
        rows = sum(table.num_rows for table in held)
        if rows:
            writer.write_table(pa.concat_tables(held), row_group_size=rows)
            yield Written(out.fetched(), rows, 0)
    yield Written(out.fetched(), 0, 0)


def _types() -> dict[Kind, Any]:
    import pyarrow as pa

    return {
        Kind.TEXT: pa.string(), Kind.PHONE: pa.string(), Kind.INTEGER: pa.int64(), Kind.SECONDS: pa.int64(),
        Kind.NUMBER: pa.float64(), Kind.SHARE: pa.float64(), Kind.MONEY: pa.decimal128(24, 4), Kind.FLAG: pa.int32(),
        Kind.MOMENT: pa.timestamp("ms", tz="UTC"), Kind.LOCAL: pa.timestamp("ms"), Kind.DATE: pa.date32(),
    }  # fmt: skip


def _table(fields: tuple[Field, ...], schema: pa.Schema, batch: Batch) -> pa.Table:
    import pyarrow as pa

    parts = [
        pa.table([_typed(part.columns[f.name], schema.field(f.name).type, part.rows) for f in fields], schema=schema)
        for part in batch.parts
        if part.rows
    ]
    whole = pa.concat_tables(parts)
    return whole if batch.order is None else whole.take(batch.order)


def _typed(column: Column | Local, wanted: Any, rows: int) -> Column:
    import pyarrow as pa

    pc = kernels()
    if isinstance(column, Local):
        column = wall(column.column, column.zone)
    if isinstance(column, pa.Scalar):
        value = column.as_py()
        if value is None or (value == "" and not pa.types.is_string(wanted)):
            return pa.nulls(rows, wanted)
        return pa.repeat(pc.cast(column, wanted), rows)
    if pa.types.is_timestamp(wanted) and wanted.tz:
        return pc.assume_timezone(pc.cast(column, pa.timestamp("ms")), wanted.tz)
    return pc.cast(column, wanted)
