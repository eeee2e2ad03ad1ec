"""A report run: a named finance query on Athena, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from ringlake import reports
from ringlake.access import abilities, scope
from ringlake.errors import Forbidden
from ringlake.files.csv import BATCH_ROWS
from ringlake.files.sheet import About, Batch, Field, Kind, Part, Sheet
from ringlake.model.arrow import kernels
from ringlake.model.directory import Ability, Directory, User
from ringlake.model.jobs import Job
from ringlake.stores.athena import Athena

from .delivery import Content, Result, deliver
from .workshop import Workshop

if TYPE_CHECKING:
    import pyarrow as pa


_PLACES = 4
# Columns of doubles by what they are; every other one is a number.
_SHARES = frozenset(
    {
        "asr", "change", "coverage", "delivery_rate", "kept", "missed_rate", "occupancy", "recovered_rate",
        "service_level",
    }
)  # fmt: skip
_PRICES = ("cost_per_", "price_")
_FLAGS = frozenset({"drifted", "few"})


def run_report(workspace: str, job_id: str, *, athena: Athena, shop: Workshop) -> Result:
    """Make and announce the file of a report run. Raises `Unavailable` when the message has to come again."""

    def produce(job: Job, loaded: Directory, user: User) -> Content:
        may_read_reports(user)
        as_of = shop.directory.watermark(workspace)
        report = reports.report(job.name)
        may_run(user, report)
        bound = reports.bind(report, loaded.workspace.id, job.filter)
        result = _with_money(athena.run(report.sql, bound))
        return Content(
            stem=report_stem(job),
            sheet=Sheet(
                name=job.name,
                fields=tuple(Field(name=field.name, kind=kind_of(field)) for field in result.schema),
                batches=_batches(result),
            ),
            about=About(
                title=job.title or report.title,
                workspace=workspace,
                filter=job.filter,
                zone=loaded.workspace.tz,
                as_of=as_of,
                settings_version=loaded.workspace.settings_version,
                made_at=job.started_at or job.created_at,
            ),
            scope=msgspec.to_builtins(scope(user)),
        )

    return deliver(workspace, job_id, produce, shop)


def may_read_reports(user: User) -> None:
    """Reports read the whole workspace: they need the ability, and a scope that hides nothing."""
    if Ability.REPORTS not in abilities(user) or not scope(user).everything:
        raise Forbidden("reports show the whole workspace")


def lacks(user: User, report: reports.Report) -> list[Ability]:
    """The abilities that the user lacks to see what a report shows."""
    held = abilities(user)
    return [ability for ability in report.needs if ability not in held]


def may_run(user: User, report: reports.Report) -> None:
    """Raises `Forbidden` unless the user may see what the report shows (demands.md D74)."""
    missing = lacks(user, report)
    if missing:
        raise Forbidden(f"this report needs the ability {' and '.join(ability.value for ability in missing)}")


def kind_of(field: pa.Field[Any]) -> Kind:
    """What a column of a result holds, by its type and the words of the tables: SQL has no kinds."""
    import pyarrow as pa

    name, of = field.name, field.type
    if pa.types.is_decimal(of):
        # Lines of invoices may be more exact than money of ours.
        return Kind.MONEY if of.scale <= _PLACES else Kind.NUMBER
    if pa.types.is_floating(of):
        return Kind.SHARE if name in _SHARES else Kind.NUMBER
    if pa.types.is_integer(of):
        if name.startswith("is_") or name in _FLAGS:
            return Kind.FLAG
        return Kind.SECONDS if name.endswith("_s") else Kind.INTEGER
    if pa.types.is_timestamp(of):
        return Kind.MOMENT
    if pa.types.is_date(of):
        return Kind.DATE
    return Kind.PHONE if name.endswith("_number") else Kind.TEXT


def report_stem(job: Job) -> str:
    """Report and range; only dates of the parameters, which may hold anything else."""
    dates = [str(value) for name, value in sorted(job.filter.items()) if name.endswith("_date")]
    return "_".join([f"ringlake-{job.name}", *dates])


def _with_money(result: pa.Table) -> pa.Table:
    """Prices, which are quotients and so come as doubles, as the decimals that money is everywhere."""
    import pyarrow as pa

    pc = kernels()
    for place, field in enumerate(result.schema):
        if pa.types.is_floating(field.type) and field.name.startswith(_PRICES):
            exact = pc.round(result[field.name], _PLACES).cast(pa.decimal128(18, _PLACES))
            result = result.set_column(place, field.name, exact)
    return result


def _batches(result: pa.Table) -> Iterator[Batch]:
    for start in range(0, result.num_rows, BATCH_ROWS):
        rows = result.slice(start, BATCH_ROWS)
        yield Batch((Part({name: rows[name].combine_chunks() for name in rows.column_names}, rows.num_rows),))
