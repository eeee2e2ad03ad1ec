"""Invoices of providers: import, comparison with our charges, what was found.

An import writes in this order: the file as it came (once, under the invoice's id), the rows of table
`reconciliations` (one object, replaced whole), the invoice itself. After a crash between them the same import does
the rest; until then the invoice is not there or is the old one.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload
from zoneinfo import ZoneInfo

import msgspec

from ringlake.access import Principal, scope
from ringlake.access.hiding import masked, masked_dialled
from ringlake.errors import Conflict, InvalidRequest, NotFound, Outdated
from ringlake.files.formats import Style, written
from ringlake.files.profiles.own import field_of
from ringlake.files.sheet import About, Batch, Part, Sheet
from ringlake.flows.directory.office import View, check_version, convert, line
from ringlake.flows.directory.sheets import LISTED
from ringlake.metrics.reconcile import Charge, Found, Rules, reconcile, reconciliation_rows
from ringlake.model.arrow import kernels
from ringlake.model.directory import Ability, Workspace
from ringlake.model.invoices import Invoice, InvoiceLine, InvoiceMapping, LineState, Tally
from ringlake.model.jobs import Headers
from ringlake.model.localtime import midnight
from ringlake.model.tables import CHARGES, RECONCILIATIONS
from ringlake.query.filters import parse
from ringlake.stores.lake import as_rows

from .bodies import MappingBody
from .invoice_file import YEARS, InvoiceFile, read_invoice
from .office import FinanceOffice
from .views import (
    ImportedInvoice,
    InvoiceEntry,
    InvoiceList,
    InvoiceTotal,
    InvoiceView,
    LinePage,
    LineView,
    MappingList,
    MappingView,
    mapping_view,
    tally_view,
)

if TYPE_CHECKING:
    import pyarrow as pa

# Days that one invoice may span.
MOST_DAYS = 400
# Lines of all invoices whose periods begin on the same day.
MOST_LINES_OF_DAY = 500_000
_FOUR = Decimal("0.0001")
# What is about the customer; many providers write the number into the text of a line once more.
_MASKS = MappingProxyType({"remote_number": masked, "line_text": masked_dialled})
_COLUMNS = (
    "record_id", "unit", "connection", "provider_id", "channel", "business_number", "remote_number", "number",
    "charged_at", "billable_s", "charged_s", "cost_amount", "cost_currency", "is_current",
)  # fmt: skip


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is to be imported: dates of the period, both inclusive, or None for those of the lines."""

    connection: str
    name: str = ""
    first: date | None = None
    last: date | None = None
    dry_run: bool = False


class Invoices(FinanceOffice):
    # ------------------------------------------------------------ mappings

    def mappings(self, viewer: Principal) -> MappingList:
        self._open(viewer)
        return MappingList(mappings=tuple(map(mapping_view, self._stores.kept.mappings(viewer.workspace))))

    def mapping(self, viewer: Principal, connection: str) -> View[MappingView]:
        self._open(viewer)
        found = self._stores.kept.mapping(viewer.workspace, connection)
        if found is None:
            raise NotFound(connection)
        return View(mapping_view(found), str(found.version))

    def put_mapping(
        self, viewer: Principal, connection: str, body: Any, version: str | None, now: datetime
    ) -> View[MappingView]:
        """The first one needs no version. Invoices that were read by another mapping stay as they are."""
        self._open(viewer)
        asked = parse(MappingBody, body)
        known = self._stores.directory.load(viewer.workspace, key=False)
        if known.connection(connection) is None:
            raise NotFound(connection)
        before = self._stores.kept.mapping(viewer.workspace, connection)
        if before is not None:
            check_version(str(before.version), version)
        number = before.version + 1 if before else 1
        after = convert({"connection": connection, "version": number, **asked.plain()}, InvoiceMapping)
        self._stores.directory.audit(line(viewer, now, "invoice_mapping.change", connection, version=number))
        try:
            self._stores.kept.put_mapping(viewer.workspace, after, before)
        except Conflict:
            raise Outdated("somebody else changed it meanwhile: read it again") from None
        return View(mapping_view(after), str(number))

    # ------------------------------------------------------------ invoices

    def all(self, viewer: Principal) -> InvoiceList:
        self._open(viewer)
        found = [one for one in self._stores.kept.invoices(viewer.workspace) if one.deleted_at is None]
        found.sort(key=lambda one: (one.period_from, one.imported_at, one.id), reverse=True)
        as_of = self._stores.directory.watermark(viewer.workspace)
        return InvoiceList(invoices=tuple(_entry(one, as_of) for one in found))

    def show(self, viewer: Principal, invoice_id: str) -> View[InvoiceView]:
        self._open(viewer)
        invoice = self._living(viewer, invoice_id)
        return self._view(viewer, invoice)

    def take(self, viewer: Principal, data: bytes, asked: Asked, now: datetime) -> ImportedInvoice:
        """Import a file. The same file again is the same invoice; nothing is imported when a line is wrong."""
        workspace = self._open(viewer)
        mapping = self._stores.kept.mapping(viewer.workspace, asked.connection)
        if mapping is None:
            raise InvalidRequest("connection", "has no mapping yet: say first how its invoices are read")
        invoice_id = f"i-{hashlib.sha256(asked.connection.encode() + b'#' + data).hexdigest()[:20]}"
        before = self._stores.kept.invoice(viewer.workspace, invoice_id)
        read = read_invoice(data, mapping)
        if read.wrong:
            return _refused(asked, read, known=before is not None)
        period = _period(read.lines, asked, workspace.tz)
        as_of = self._stores.directory.watermark(viewer.workspace)
        self._check_room(viewer.workspace, invoice_id, period[0], len(read.lines))
        told, found = self._compared(workspace, read, period, mapping)
        invoice = Invoice(
            **told,
            id=invoice_id,
            name=asked.name or (before.name if before else f"{asked.connection} {period[0]} to {period[1]}"),
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            imported_at=before.imported_at if before else now,
            imported_by=before.imported_by if before else viewer.user.id,
            reconciled_at=now,
            charged_as_of=as_of,
            version=before.version + 1 if before else 1,
        )
        if not asked.dry_run:
            self._keep(viewer, invoice, before, found, workspace.tz, now, data)
        return ImportedInvoice(
            dry_run=asked.dry_run,
            applied=not asked.dry_run,
            known=before is not None,
            invoice=_entry(invoice, as_of),
            error_count=0,
            errors=(),
        )

    def again(self, viewer: Principal, invoice_id: str, now: datetime) -> View[InvoiceView]:
        """Compare with the charges as they are now, by the mapping that the invoice was read with."""
        workspace = self._open(viewer)
        before = self._living(viewer, invoice_id)
        stored = self._stores.files.get(_file_key(viewer.workspace, invoice_id))
        if stored is None:
            raise NotFound(invoice_id)
        as_of = self._stores.directory.watermark(viewer.workspace)
        read = read_invoice(stored[0], before.mapping)
        period = (before.period_from, before.period_to)
        told, found = self._compared(workspace, read, period, before.mapping)
        after = msgspec.structs.replace(
            before, **told, reconciled_at=now, charged_as_of=as_of, version=before.version + 1
        )
        self._keep(viewer, after, before, found, workspace.tz, now)
        return self._view(viewer, after)

    def entries(
        self, viewer: Principal, invoice_id: str, states: Sequence[str], number: str, after: int, limit: int
    ) -> LinePage:
        """The lines and what they lack, one page of them."""
        self._open(viewer)
        invoice = self._living(viewer, invoice_id)
        hides = Ability.SEE_NUMBERS in scope(viewer.user).hides
        rows = [
            row
            for row in self._rows(viewer.workspace, invoice).to_pylist()
            if row["entry"] > after
            and (not states or row["state"] in states)
            and (not number or row["business_number"] == number)
        ]
        page = rows[:limit]
        return LinePage(
            entries=tuple(_line_view(row, hides=hides) for row in page),
            next=page[-1]["entry"] if len(rows) > limit else 0,
        )

    def file(self, viewer: Principal, invoice_id: str, states: Sequence[str], now: datetime) -> tuple[bytes, str]:
        """All entries, or those in these states, as a CSV file in the viewer's language, and its name."""
        workspace = self._open(viewer)
        invoice = self._living(viewer, invoice_id)
        rows = self._rows(viewer.workspace, invoice)
        if states:
            rows = rows.filter(kernels().is_in(rows["state"], _texts(states)))
        if Ability.SEE_NUMBERS in scope(viewer.user).hides:
            for name, mask in _MASKS.items():
                shown = _texts([mask(text or "") for text in rows[name].to_pylist()])
                rows = rows.set_column(rows.schema.get_field_index(name), name, shown)
        self._stores.directory.audit(line(viewer, now, "invoice.export", invoice_id, rows=rows.num_rows))
        fields = tuple(field_of(one) for one in RECONCILIATIONS.columns if not one.name.startswith("is_"))
        columns = {field.name: rows[field.name].combine_chunks() for field in fields}
        sheet = Sheet(name="invoice_reconciliation", fields=fields, batches=[Batch((Part(columns, rows.num_rows),))])
        about = About(
            title=invoice.name,
            workspace=viewer.workspace,
            filter={"invoice": invoice_id, "states": list(states)},
            zone=workspace.tz,
            as_of=invoice.charged_as_of,
            settings_version=workspace.settings_version,
            made_at=now,
        )
        style = Style(headers=Headers.BOTH, language=viewer.user.language or workspace.language)
        return b"".join(piece.body for piece in written(sheet, about, style)), f"invoice-{invoice_id}"

    def delete(self, viewer: Principal, invoice_id: str, now: datetime) -> View[InvoiceEntry]:
        """Its rows go; the file and the invoice stay, marked, and the same file brings it back."""
        self._open(viewer)
        before = self._living(viewer, invoice_id)
        self._stores.directory.audit(line(viewer, now, "invoice.delete", invoice_id))
        after = msgspec.structs.replace(before, deleted_at=now, version=before.version + 1)
        # Rows first: what breaks off here is deleted by the next try, and no rows are left that nobody finds.
        self._write(viewer.workspace, before, [])
        self._put(viewer.workspace, after, before)
        return View(_entry(after, self._stores.directory.watermark(viewer.workspace)), str(after.version))

    # ------------------------------------------------------------ steps

    def _compared(
        self,
        workspace: Workspace,
        read: InvoiceFile,
        period: tuple[date, date],
        mapping: InvoiceMapping,
    ) -> tuple[dict[str, Any], Found]:
        """What an invoice says of its lines and of what they were compared with, and the comparison itself."""
        zone, (first, last) = workspace.tz, period
        rules = Rules(
            since=midnight(first, zone),
            until=midnight(last + timedelta(days=1), zone),
            start_tolerance_s=mapping.start_tolerance_s,
            duration_tolerance_s=mapping.duration_tolerance_s,
            amount_tolerance=mapping.amount_tolerance,
            by_number="number" in mapping.columns,
            by_remote="remote" in mapping.columns,
        )
        found = reconcile(read.lines, self._charges(workspace.id, mapping, first, last), rules)
        counts = Counter(entry.state.value for entry in found.entries)
        told = {
            "connection": mapping.connection,
            "mapping": mapping,
            "period_from": first,
            "period_to": last,
            "lines": len(read.lines),
            "left_out": read.left_out,
            "tally": Tally(**counts),
            "free": found.free,
            "unpriced": found.unpriced,
            "offset_s": found.offset_s,
        }
        return told, found

    def _charges(self, workspace: str, mapping: InvoiceMapping, first: date, last: date) -> list[Charge]:
        """The units around a period that the invoices are about, each as it is rated now."""
        pc = kernels()
        found: list[Charge] = []
        for _, rows in self._days(workspace, CHARGES, first, last, _COLUMNS):
            mine = rows.filter(
                pc.and_(pc.equal(rows["is_current"], 1), pc.equal(rows["connection"], mapping.connection))
            )
            if mapping.channel:
                mine = mine.filter(pc.equal(mine["channel"], mapping.channel))
            found += [_charge(row) for row in mine.to_pylist()]
        return found

    def _keep(
        self,
        viewer: Principal,
        invoice: Invoice,
        before: Invoice | None,
        found: Found,
        zone: ZoneInfo,
        now: datetime,
        data: bytes | None = None,
    ) -> None:
        detail = {"connection": invoice.connection, "sha256": invoice.sha256, "lines": invoice.lines}
        action = "invoice.import" if data is not None else "invoice.reconcile"
        self._stores.directory.audit(
            line(viewer, now, action, invoice.id, **detail, **msgspec.to_builtins(invoice.tally))
        )
        if data is not None:
            # A conflict says that the same bytes are there: the key is made of them.
            with suppress(Conflict):
                self._stores.files.put(_file_key(viewer.workspace, invoice.id), data, if_absent=True)
        if before is not None and before.period_from != invoice.period_from:
            self._write(viewer.workspace, before, [])
        self._write(viewer.workspace, invoice, reconciliation_rows(invoice, found.entries, zone))
        self._put(viewer.workspace, invoice, before)

    def _check_room(self, workspace: str, invoice_id: str, first: date, lines: int) -> None:
        """Invoices that begin on one day lie in one object, which is read and written whole."""
        others = [one for one in self._stores.kept.invoices(workspace) if one.id != invoice_id]
        there = sum(one.lines for one in others if one.deleted_at is None and one.period_from == first)
        if there + lines > MOST_LINES_OF_DAY:
            raise InvalidRequest("body", f"invoices that begin on {first} hold {there} lines already: delete one first")

    def _write(self, workspace: str, invoice: Invoice, rows: Sequence[Any]) -> None:
        self._replace(
            workspace, RECONCILIATIONS, invoice.period_from, as_rows(RECONCILIATIONS, rows), "invoice_id", invoice.id
        )

    def _put(self, workspace: str, invoice: Invoice, before: Invoice | None) -> None:
        self._stores.kept.put_invoice(workspace, invoice, before)

    def _living(self, viewer: Principal, invoice_id: str) -> Invoice:
        found = self._stores.kept.invoice(viewer.workspace, invoice_id)
        if found is None or found.deleted_at is not None:
            raise NotFound(invoice_id)
        return found

    def _rows(self, workspace: str, invoice: Invoice) -> pa.Table:
        rows = self._stores.lake.read(RECONCILIATIONS, workspace, str(invoice.period_from)).rows
        return rows.filter(kernels().equal(rows["invoice_id"], invoice.id))

    def _view(self, viewer: Principal, invoice: Invoice) -> View[InvoiceView]:
        entry = _entry(invoice, self._stores.directory.watermark(viewer.workspace))
        view = InvoiceView(
            **{name: getattr(entry, name) for name in InvoiceEntry.__struct_fields__},
            mapping=mapping_view(invoice.mapping),
            totals=_totals(self._rows(viewer.workspace, invoice).to_pylist()),
        )
        return View(view, str(invoice.version))


def _texts(values: Sequence[str]) -> pa.Array[Any]:
    import pyarrow as pa

    return pa.array(list(values), pa.string())


def _file_key(workspace: str, invoice_id: str) -> str:
    return f"invoices/workspace={workspace}/{invoice_id}.csv"


def _period(lines: Sequence[InvoiceLine], asked: Asked, zone: ZoneInfo) -> tuple[date, date]:
    dates = [one.started_at.astimezone(zone).date() for one in lines if one.started_at]
    first = asked.first or min(dates, default=None)
    last = asked.last or max(dates, default=None)
    if first is None or last is None:
        raise InvalidRequest("from", "is needed with to: no line of the file has a start")
    if first.year not in YEARS or last.year not in YEARS:
        raise InvalidRequest("from", f"write years from {YEARS.start} to {YEARS.stop - 1}")
    if last < first:
        raise InvalidRequest("to", "before from")
    if (last - first).days >= MOST_DAYS:
        raise InvalidRequest("to", f"more than {MOST_DAYS} days after from: is the mapping right?")
    return first, last


def _charge(row: dict[str, Any]) -> Charge:
    lengths = {one for one in (row["billable_s"], row["charged_s"]) if one is not None}
    return Charge(
        id=f"{row['record_id']}#{row['unit']}",
        record_id=row["record_id"],
        unit=row["unit"],
        names=(row["unit"], row["provider_id"]),
        number=row["business_number"],
        remote=row["number"] or row["remote_number"],
        started_at=row["charged_at"].replace(tzinfo=UTC),
        lengths_s=tuple(sorted(lengths)),
        billable_s=row["billable_s"],
        charged_s=row["charged_s"],
        amount=row["cost_amount"],
        currency=row["cost_currency"],
    )


def _refused(asked: Asked, read: InvoiceFile, *, known: bool) -> ImportedInvoice:
    return ImportedInvoice(
        dry_run=asked.dry_run,
        applied=False,
        known=known,
        invoice=None,
        error_count=len(read.wrong),
        errors=tuple({"line": w.line, "column": w.column, "reason": w.reason} for w in read.wrong[:LISTED]),
    )


def _entry(invoice: Invoice, as_of: datetime | None) -> InvoiceEntry:
    stale = as_of is not None and (invoice.charged_as_of is None or as_of > invoice.charged_as_of)
    fields = {name: getattr(invoice, name) for name in InvoiceEntry.__struct_fields__ if name != "stale"}
    return InvoiceEntry(**fields | {"stale": stale, "tally": tally_view(invoice.tally)})


def _totals(rows: Sequence[dict[str, Any]]) -> tuple[InvoiceTotal, ...]:
    """By number, month, state and currency, in this order."""
    groups: dict[tuple[str, date, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        currency = row["invoiced_currency"] or row["charged_currency"]
        groups[row["business_number"], row["month"], row["state"], currency].append(row)
    return tuple(
        InvoiceTotal(
            number=number,
            month=month,
            state=LineState(state),
            currency=currency,
            entries=len(mine),
            invoiced=_total(row["invoiced_amount"] for row in mine),
            charged=_total(row["charged_amount"] for row in mine if row["charged_currency"] == currency),
            difference=_total(row["difference"] for row in mine),
            unknown=sum(row["difference"] is None for row in mine),
        )
        for (number, month, state, currency), mine in sorted(groups.items())
    )


def _line_view(row: dict[str, Any], *, hides: bool) -> LineView:
    own = {name: row[name] for name in LineView.__struct_fields__ if name in row}
    return LineView(
        **own
        | {
            "state": LineState(row["state"]),
            "differs": tuple(filter(None, row["differs"].split(";"))),
            "number": row["business_number"],
            "remote": masked(row["remote_number"]) if hides else row["remote_number"],
            "line_text": masked_dialled(row["line_text"]) if hides else row["line_text"],
            "invoiced_at": _aware(row["invoiced_at"]),
            "charged_at": _aware(row["charged_at"]),
            "invoiced_amount": _written(row["invoiced_amount"]),
            "difference": _written(row["difference"]),
        }
    )


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return _written(sum((amount for amount in amounts if amount is not None), Decimal(0)))


@overload
def _written(amount: Decimal) -> Decimal: ...
@overload
def _written(amount: None) -> None: ...
def _written(amount: Decimal | None) -> Decimal | None:
    """The same amount with four decimals, with more where it is more exact."""
    if amount is None:
        return None
    short = amount.quantize(_FOUR)
    return short if short == amount else amount.normalize()


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None
