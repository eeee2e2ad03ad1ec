"""Invoices of providers beside our charges, and months that finance closes."""

from __future__ import annotations

from http import HTTPStatus

import api_queries as queries
import msgspec
from api_answers import BYTES, CSV, Asked, answer, problem, serves, spreadsheet, versioned
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.finance import views
from ringlake.flows.finance.bodies import CloseBody, MappingBody
from ringlake.flows.finance.invoices import Asked as Import

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/invoice-mappings", answers=views.MappingList)
def list_mappings() -> Response[str]:
    """How the invoices of each connection are read."""
    return answer(asked.rooms.finance.invoices.mappings(asked.viewer))


@serves(router, "GET /v1/invoice-mappings/{connection}", answers=views.MappingView)
def show_mapping(connection: str) -> Response[str]:
    """How the invoices of one connection are read."""
    return versioned(asked.rooms.finance.invoices.mapping(asked.viewer, connection))


@serves(router, "PUT /v1/invoice-mappings/{connection}", body=MappingBody, answers=views.MappingView)
def put_mapping(connection: str) -> Response[str]:
    """Say which column of an invoice holds what, and how its moments, durations and amounts are written."""
    return versioned(
        asked.rooms.finance.invoices.put_mapping(asked.viewer, connection, asked.body(), asked.version, asked.now)
    )


@serves(router, "GET /v1/invoices", answers=views.InvoiceList)
def list_invoices() -> Response[str]:
    """Imported invoices, with how many lines match our charges."""
    return answer(asked.rooms.finance.invoices.all(asked.viewer))


@serves(router, "POST /v1/invoices", query=queries.InvoiceImport, body=CSV, answers=views.ImportedInvoice)
def import_invoice() -> Response[str]:
    """Import an invoice of a provider and compare it with our charges; the same file again is the same invoice.

    A file that is not UTF-8 has to be sent as `application/octet-stream`.
    """
    given = asked.query(queries.InvoiceImport)
    order = Import(
        connection=given.connection, name=given.name, first=given.from_, last=given.to, dry_run=given.dry_run
    )
    report = asked.rooms.finance.invoices.take(asked.viewer, asked.file(BYTES), order, asked.now)
    if report.error_count and not report.dry_run:
        detail = f"nothing was imported: {report.error_count} mistakes"
        return problem(HTTPStatus.BAD_REQUEST, detail, **msgspec.structs.asdict(report))
    return answer(report)


@serves(router, "GET /v1/invoices/{id}", answers=views.InvoiceView)
def show_invoice(id: str) -> Response[str]:
    """One invoice, with totals by number, month and what was found."""
    return versioned(asked.rooms.finance.invoices.show(asked.viewer, id), moving=True)


@serves(router, "GET /v1/invoices/{id}/entries", query=queries.InvoiceEntries, answers=views.LinePage)
def list_entries(id: str) -> Response[str]:
    """Its lines and the charges that it lacks: matched, different, missing, extra, fees."""
    given = asked.query(queries.InvoiceEntries)
    return answer(
        asked.rooms.finance.invoices.entries(asked.viewer, id, given.states, given.number, given.after, given.limit)
    )


@serves(router, "GET /v1/invoices/{id}/export", query=queries.InvoiceFile, answers=CSV)
def export_invoice(id: str) -> Response[str]:
    """All entries of an invoice as a CSV file; other formats are runs of the report `invoice_reconciliation`."""
    states = asked.query(queries.InvoiceFile).states
    return spreadsheet(*asked.rooms.finance.invoices.file(asked.viewer, id, states, asked.now))


@serves(router, "POST /v1/invoices/{id}/reconcile", answers=views.InvoiceView)
def reconcile_invoice(id: str) -> Response[str]:
    """Compare an invoice with the charges as they are now."""
    return versioned(asked.rooms.finance.invoices.again(asked.viewer, id, asked.now))


@serves(router, "DELETE /v1/invoices/{id}", answers=views.InvoiceEntry)
def delete_invoice(id: str) -> Response[str]:
    """Take an invoice out of the tables; importing the same file brings it back."""
    return versioned(asked.rooms.finance.invoices.delete(asked.viewer, id, asked.now))


@serves(router, "GET /v1/closings", answers=views.ClosingList)
def list_closings() -> Response[str]:
    """Months that were closed."""
    return answer(asked.rooms.finance.months.all(asked.viewer))


@serves(router, "POST /v1/closings/{month}", body=CloseBody, answers=views.ClosingView)
def close_month(month: str) -> Response[str]:
    """Freeze a month (YYYY-MM) that is over: its charges, and what calls and messages add up to.

    A month that is closed already is compared with what is there now; `again` closes it once more.
    """
    view, _ = asked.rooms.finance.months.close(asked.viewer, month, asked.body(), asked.now)
    return answer(view)


@serves(router, "GET /v1/closings/{month}", query=queries.ClosingOf, answers=views.ClosingView)
def show_closing(month: str) -> Response[str]:
    """A closed month beside the tables as they are now: the same digest, or what changed since."""
    return answer(
        asked.rooms.finance.months.show(asked.viewer, month, asked.query(queries.ClosingOf).version, asked.now)
    )
