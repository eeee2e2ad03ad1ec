"""Documents of finance in the directory's table: mappings, invoices, closed months."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from threading import Lock
from typing import Any, Protocol

from ringlake.model.base import from_json
from ringlake.model.closings import Closing
from ringlake.model.invoices import Invoice, InvoiceMapping

from .clients import client, translated
from .versions import check_previous, put_version

type Document = InvoiceMapping | Invoice | Closing


class FinanceStore(Protocol):
    """Every method raises `Unavailable` when the store does not answer; every `put` replaces the document that
    `previous` is (None: there must be none) and raises `Conflict` when somebody else changed it meanwhile.
    """

    def mappings(self, workspace: str) -> list[InvoiceMapping]:
        """By connection."""
        ...

    def mapping(self, workspace: str, connection: str) -> InvoiceMapping | None: ...

    def put_mapping(self, workspace: str, mapping: InvoiceMapping, previous: InvoiceMapping | None) -> None: ...

    def invoices(self, workspace: str) -> list[Invoice]:
        """By id, deleted ones too."""
        ...

    def invoice(self, workspace: str, invoice_id: str) -> Invoice | None: ...

    def put_invoice(self, workspace: str, invoice: Invoice, previous: Invoice | None) -> None: ...

    def closings(self, workspace: str, month: date | None = None) -> list[Closing]:
        """Of one month or of all, by month and version."""
        ...

    def add_closing(self, workspace: str, closing: Closing) -> None:
        """Raises `Conflict` when the month has this version already: a closing is never replaced."""
        ...


class _Documents(ABC):
    """The protocol over three methods that a store has."""

    @abstractmethod
    def _put(self, workspace: str, key: str, document: Document, previous: Document | None) -> None: ...

    @abstractmethod
    def _get[T: Document](self, workspace: str, key: str, kind: type[T]) -> T | None: ...

    @abstractmethod
    def _all[T: Document](self, workspace: str, prefix: str, kind: type[T]) -> list[T]: ...

    def mappings(self, workspace: str) -> list[InvoiceMapping]:
        return self._all(workspace, "mapping#", InvoiceMapping)

    def mapping(self, workspace: str, connection: str) -> InvoiceMapping | None:
        return self._get(workspace, f"mapping#{connection}", InvoiceMapping)

    def put_mapping(self, workspace: str, mapping: InvoiceMapping, previous: InvoiceMapping | None) -> None:
        self._put(workspace, f"mapping#{mapping.connection}", mapping, previous)

    def invoices(self, workspace: str) -> list[Invoice]:
        return self._all(workspace, "invoice#", Invoice)

    def invoice(self, workspace: str, invoice_id: str) -> Invoice | None:
        return self._get(workspace, f"invoice#{invoice_id}", Invoice)

    def put_invoice(self, workspace: str, invoice: Invoice, previous: Invoice | None) -> None:
        self._put(workspace, f"invoice#{invoice.id}", invoice, previous)

    def closings(self, workspace: str, month: date | None = None) -> list[Closing]:
        return self._all(workspace, f"closing#{month}#" if month else "closing#", Closing)

    def add_closing(self, workspace: str, closing: Closing) -> None:
        self._put(workspace, f"closing#{closing.month}#{closing.version:04}", closing, None)


class MemoryFinance(_Documents):
    """The twin."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Document] = {}
        self._lock = Lock()

    def _put(self, workspace: str, key: str, document: Document, previous: Document | None) -> None:
        with self._lock:
            check_previous(self.kept.get((workspace, key)), previous)
            self.kept[workspace, key] = document

    def _get[T: Document](self, workspace: str, key: str, kind: type[T]) -> T | None:
        found = self.kept.get((workspace, key))
        return found if isinstance(found, kind) else None

    def _all[T: Document](self, workspace: str, prefix: str, kind: type[T]) -> list[T]:
        mine = sorted((key, document) for (of, key), document in self.kept.items() if of == workspace)
        return [document for key, document in mine if key.startswith(prefix) and isinstance(document, kind)]


class DynamoFinance(_Documents):
    """Partition `workspace#<id>#finance`, sort keys `mapping#<connection>`, `invoice#<id>`, `closing#<month>#<no>`."""

    def __init__(self, table: str) -> None:
        self._table = table

    def _put(self, workspace: str, key: str, document: Document, previous: Document | None) -> None:
        put_version(self._table, _key(workspace, key), document, previous)

    def _get[T: Document](self, workspace: str, key: str, kind: type[T]) -> T | None:
        with translated():
            answer = client("dynamodb").get_item(TableName=self._table, Key=_key(workspace, key), ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else from_json(item["doc"]["S"], kind)

    def _all[T: Document](self, workspace: str, prefix: str, kind: type[T]) -> list[T]:
        found: list[T] = []
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": {"S": _partition(workspace)}, ":prefix": {"S": prefix}},
            "ConsistentRead": True,
        }
        while True:
            with translated():
                page = client("dynamodb").query(**asked)
            found += [from_json(item["doc"]["S"], kind) for item in page["Items"]]
            if not page.get("LastEvaluatedKey"):
                return found
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _partition(workspace: str) -> str:
    return f"workspace#{workspace}#finance"


def _key(workspace: str, key: str) -> dict[str, Any]:
    return {"pk": {"S": _partition(workspace)}, "sk": {"S": key}}
