"""The suite that every store of finance's documents passes, in memory or real."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec
import pytest

from ringlake.errors import Conflict
from ringlake.model.closings import Closing, Frozen, Sum
from ringlake.model.invoices import Invoice, InvoiceMapping, Tally
from ringlake.stores.finance import FinanceStore

AT = datetime(2026, 4, 2, 9, tzinfo=UTC)
_numbers = count()
MAPPING = InvoiceMapping(
    connection="line", columns={"started_at": "Start", "amount": "Net"}, amount_tolerance=Decimal("0.005")
)


def invoice(id: str = "i-1", **fields: Any) -> Invoice:
    usual: dict[str, Any] = {
        "name": "March",
        "connection": "line",
        "sha256": "ab" * 32,
        "size_bytes": 1200,
        "mapping": MAPPING,
        "period_from": date(2026, 3, 1),
        "period_to": date(2026, 3, 31),
        "lines": 12,
        "tally": Tally(matched=11, extra=1),
        "imported_at": AT,
        "imported_by": "u-ann",
        "reconciled_at": AT,
    }
    return Invoice(id=id, **{**usual, **fields})


def closing(month: date = date(2026, 3, 1), version: int = 1) -> Closing:
    sums = (Sum(currency="EUR", rows=3, seconds=180, amount=Decimal("1.2500")),)
    return Closing(
        month=month,
        version=version,
        zone="Europe/Warsaw",
        currency="EUR",
        settings_version=3,
        lake_as_of=AT,
        closed_at=AT,
        closed_by="u-ann",
        parts=(Frozen(table="charges", day=month, rows=3, sums=sums, sha256="cd" * 32),),
        sha256="ef" * 32,
        charges_key="k",
    )


class FinanceSuite:
    """Give it a fixture `store`."""

    @pytest.fixture
    def workspace(self) -> str:
        """A workspace of the test's own, since a real table is shared."""
        return f"finance{next(_numbers)}"

    def test_what_was_kept_comes_back_and_nothing_else(self, store: FinanceStore, workspace: str) -> None:
        store.put_mapping(workspace, MAPPING, None)
        store.put_invoice(workspace, invoice(), None)
        store.add_closing(workspace, closing())

        assert store.mapping(workspace, "line") == MAPPING
        assert store.invoice(workspace, "i-1") == invoice()
        assert store.closings(workspace) == [closing()]
        assert store.mapping(workspace, "other") is None
        assert store.invoice(f"{workspace}x", "i-1") is None

    def test_lists_are_in_order_and_of_one_kind_and_workspace(self, store: FinanceStore, workspace: str) -> None:
        for name in ("b", "a"):
            store.put_mapping(workspace, msgspec.structs.replace(MAPPING, connection=name), None)
            store.put_invoice(workspace, invoice(name), None)
        store.put_invoice(f"{workspace}x", invoice("c"), None)
        april = date(2026, 4, 1)
        for month, version in ((april, 1), (april.replace(month=3), 2), (april.replace(month=3), 1)):
            store.add_closing(workspace, closing(month, version))

        assert [one.connection for one in store.mappings(workspace)] == ["a", "b"]
        assert [one.id for one in store.invoices(workspace)] == ["a", "b"]
        assert [(one.month.month, one.version) for one in store.closings(workspace)] == [(3, 1), (3, 2), (4, 1)]
        assert [one.version for one in store.closings(workspace, april)] == [1]

    def test_a_document_is_replaced_only_in_place_of_the_one_it_was_made_from(
        self, store: FinanceStore, workspace: str
    ) -> None:
        first = invoice()
        second = msgspec.structs.replace(first, name="Corrected", version=2)
        store.put_invoice(workspace, first, None)
        store.put_invoice(workspace, second, first)

        for previous in (None, first):
            with pytest.raises(Conflict):
                store.put_invoice(workspace, msgspec.structs.replace(first, version=2), previous)
        assert store.invoice(workspace, "i-1") == second

    def test_a_closing_is_never_replaced(self, store: FinanceStore, workspace: str) -> None:
        store.add_closing(workspace, closing())

        with pytest.raises(Conflict):
            store.add_closing(workspace, msgspec.structs.replace(closing(), reason="again"))
        assert store.closings(workspace) == [closing()]
