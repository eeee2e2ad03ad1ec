"""Quotes and orders that people enter (features.md W11).

What they enter is an event of Ringlake's own contract in the journal, under a connection of its own (`OWN`), as if a
system had sent it: so the journal stays the truth, and a deal is folded, kept and read like any other
(docs/adr/0083). An event's id is its number in the deal: of two who change the same version one comes first,
and the other is told to read again.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from ringlake import providers
from ringlake.access import Principal, Scope, scope
from ringlake.access.hiding import masked
from ringlake.access.scope import shows
from ringlake.errors import InvalidRequest, NotFound, Outdated, PlanTooLow, Taken
from ringlake.metrics.rows import Row, deal_row
from ringlake.model.base import Answer, utc
from ringlake.model.calls import CallRecord
from ringlake.model.contacts import Contact
from ringlake.model.deals import OWN, DealRecord, DealStage, DealState
from ringlake.model.directory import Ability, Workspace
from ringlake.model.events import RawEvent
from ringlake.model.money import Money
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.query.filters import parse
from ringlake.stores.journal import Put

from .deals import homes, subject_key
from .directory.bodies import Body, Currency, Moment, Word
from .directory.office import Office, View, check_id, check_version, etag_of, line, may, new_id
from .folding import as_known
from .plans import PLANS

# The contract that our own events are written in.
PROVIDER = "generic"
# A clock that is a little ahead is no mistake of the person.
_AHEAD = timedelta(minutes=5)
_EARLIEST = timedelta(milliseconds=1)

RecordId = Annotated[str, StringConstraints(min_length=3, max_length=600)]


class AmountBody(Body):
    """A decimal text and an ISO 4217 code; without a code the workspace's currency."""

    amount: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)]
    currency: Currency | Literal[""] = ""


class DealBody(Body):
    """A quote that came of a call; the customer is the call's. `state` ordered makes it an order at once.

    `id` may be chosen, so that a request that is repeated makes no second deal.
    """

    id: Annotated[str, StringConstraints(max_length=63)] = ""
    call_id: RecordId
    state: Literal["quoted", "ordered"] = "quoted"
    brand: Word = ""
    amount: AmountBody | None = None
    contact_id: Annotated[str, StringConstraints(max_length=600)] = ""
    quoted_at: Moment | None = None


class DealPatch(Body):
    """What is not named stays; `amount` null takes the amount away. `state` quoted takes an order or a loss back."""

    state: DealState = DealState.QUOTED
    brand: Word = ""
    amount: AmountBody | None = None
    contact_id: Annotated[str, StringConstraints(max_length=600)] = ""

    @model_validator(mode="before")
    @classmethod
    def _no_null(cls, raw: Any) -> Any:
        for name in ("state", "brand", "contact_id"):
            if isinstance(raw, dict) and name in raw and raw[name] is None:
                raise ValueError(f"{name} is null; leave it out to keep what is there")
        return raw


class DealView(Answer, frozen=True, kw_only=True):
    """One deal. `id` is its record id; `call_id` that of its call, `amount` null when unknown. Name and number of
    the customer are empty or masked for who may not see them; `kept_by` is the connection that sent the deal, ""
    for one entered here, which alone can be changed here.
    """

    id: str
    state: DealState
    brand: str
    amount: Decimal | None
    currency: str
    call_id: str
    contact_id: str
    party: str
    customer_name: str
    customer_number: str
    user_id: str
    user_name: str
    team_id: str
    team_name: str
    quoted_at: datetime | None
    ordered_at: datetime | None
    lost_at: datetime | None
    kept_by: str
    etag: str


class Dealing(Office):
    def create(self, viewer: Principal, body: Any, now: datetime) -> View[DealView]:
        """Raises `InvalidRequest` for a call that the viewer does not see, `Taken` for an id that is in use."""
        workspace = self._paid(viewer)
        asked = parse(DealBody, body)
        quoted_at = utc(asked.quoted_at or now)
        if quoted_at > now + _AHEAD:
            raise InvalidRequest("quoted_at", "is in the future")
        self._call_seen(viewer, asked.call_id)
        subject = _subject(viewer, check_id("id", asked.id) if asked.id else new_id("deal"))
        told = {
            "call_id": asked.call_id,
            "user_id": viewer.user.id,
            "brand": asked.brand,
            "contact_id": self._contact(viewer, asked.contact_id),
            **_money(asked.amount, workspace),
        }
        # On record first: whatever happens afterwards, this was ordered.
        self._stores.directory.audit(line(viewer, now, "deal.create", subject.record_id, state=asked.state))
        if self._tell(subject, 1, DealStage.QUOTED, told, min(quoted_at, now), now) is not Put.STORED:
            raise Taken(f"there is a deal {subject.id}")
        if asked.state == "ordered":
            self._tell(subject, 2, DealStage.ORDERED, told, max(now, quoted_at), now)
        return self._view(viewer, self._entered(viewer, subject))

    def show(self, viewer: Principal, record_id: str) -> View[DealView]:
        """A deal that the viewer sees; `NotFound` for any other, so that nobody learns what there is."""
        self._paid(viewer)
        return self._view(viewer, self._seen(viewer, record_id))

    def change(
        self, viewer: Principal, record_id: str, body: Any, version: str | None, now: datetime
    ) -> View[DealView]:
        """Raises `Taken` for a deal that another system keeps, `Outdated` and `Unversioned`."""
        workspace = self._paid(viewer)
        before = self._seen(viewer, record_id)
        if before.connection != OWN:
            raise Taken("this deal is kept by the system that sent it: change it there")
        asked = parse(DealPatch, body)
        check_version(etag_of(before), version)
        wanted = asked.state if "state" in asked.given else before.state
        told: dict[str, Any] = {
            "call_id": before.call,
            "user_id": before.user.user_id,
            "brand": asked.brand if "brand" in asked.given else before.brand,
            "contact_id": before.contact_id,
            **(_money(asked.amount, workspace) if "amount" in asked.given else _plain(before.amount)),
        }
        if "contact_id" in asked.given:
            told["contact_id"] = self._contact(viewer, asked.contact_id)
        taken_back = wanted is DealState.QUOTED and before.state is not DealState.QUOTED
        stage = DealStage.REOPENED if taken_back else DealStage(wanted.value)
        # Two clocks may differ: what is said later must not come before what was said already.
        at = max(now, *(utc(fact.at) + _EARLIEST for fact in before.facts if fact.at))
        subject = Subject.from_key(subject_key(viewer.workspace, SubjectKind.DEAL, before.record_id))
        self._stores.directory.audit(
            line(viewer, now, "deal.change", record_id, fields=sorted(asked.given), state=wanted.value)
        )
        if self._tell(subject, before.revision + 1, stage, told, at, now) is not Put.STORED:
            raise Outdated("somebody else changed it meanwhile: read it again")
        return self._view(viewer, self._entered(viewer, subject))

    # --- reading

    def _paid(self, viewer: Principal) -> Workspace:
        workspace = self._workspace(viewer)
        if workspace.plan not in PLANS:
            raise PlanTooLow("analytics need the plan business or scale; your history is being kept")
        return workspace

    def _seen(self, viewer: Principal, record_id: str) -> DealRecord:
        key = subject_key(viewer.workspace, SubjectKind.DEAL, record_id)
        record = self._known(viewer, Subject.from_key(key)) if key else None
        if record is None or not _visible(scope(viewer.user), self._row(viewer, record)):
            raise NotFound(record_id)
        return record

    def _entered(self, viewer: Principal, subject: Subject) -> DealRecord:
        record = self._known(viewer, subject)
        if record is None:
            raise NotFound(subject.record_id)
        return record

    def _known(self, viewer: Principal, subject: Subject) -> DealRecord | None:
        """What was entered here is read from the journal, so that whoever entered it sees it at once."""
        if subject.connection == OWN:
            record = as_known(subject, self._stores.journal, self._stores.records, self._directory(viewer))
        else:
            found = self._stores.records.get_many([subject.key])
            record = found[0].record if found else None
        return record if isinstance(record, DealRecord) else None

    def _row(self, viewer: Principal, deal: DealRecord) -> Row:
        """The row of the lake as it is, or will be after the next roll-up."""
        workspace = self._workspace(viewer)
        home = homes(viewer.workspace, self._stores.records, [deal.call] if deal.call else []).get(deal.call)
        contact: Contact | None = None
        if deal.contact_id:
            contact = self._stores.contacts.get(viewer.workspace, deal.contact_id)
        shown = contact if contact and contact.deleted_at is None else None
        if home is None or not isinstance(home.record, CallRecord):
            return deal_row(deal, workspace, contact=shown)
        return deal_row(deal, workspace, home.record, home.consequences, shown)

    def _view(self, viewer: Principal, deal: DealRecord) -> View[DealView]:
        row = self._row(viewer, deal)
        number = row["remote_number"]
        version = etag_of(deal)
        shown = DealView(
            id=deal.record_id,
            state=deal.state,
            brand=deal.brand,
            amount=row["amount"],
            currency=row["currency"],
            call_id=row["call_id"],
            contact_id=row["contact_id"],
            party=row["party_key"],
            customer_name=row["remote_name"] if may(viewer, Ability.SEE_NAMES) else "",
            customer_number=number if may(viewer, Ability.SEE_NUMBERS) else masked(number),
            user_id=row["user_id"],
            user_name=row["user_name"],
            team_id=row["team_id"],
            team_name=row["team_name"],
            quoted_at=deal.quoted_at,
            ordered_at=deal.ordered_at,
            lost_at=deal.lost_at,
            kept_by="" if deal.connection == OWN else deal.connection,
            etag=version,
        )
        return View(shown, version)

    # --- what is entered

    def _call_seen(self, viewer: Principal, call_id: str) -> None:
        home = homes(viewer.workspace, self._stores.records, [call_id]).get(call_id)
        if home is None or not isinstance(home.record, CallRecord) or not shows(scope(viewer.user), home.record):
            raise InvalidRequest("call_id", "there is no such call")

    def _contact(self, viewer: Principal, contact_id: str) -> str:
        """The id, if it is that of a customer whom the viewer may name."""
        if not contact_id:
            return ""
        found = self._stores.contacts.get(viewer.workspace, contact_id) if may(viewer, Ability.SEE_NAMES) else None
        if found is None or found.deleted_at is not None:
            raise InvalidRequest("contact_id", "there is no such customer")
        return contact_id

    def _tell(
        self, subject: Subject, number: int, stage: DealStage, told: dict[str, Any], at: datetime, now: datetime
    ) -> Put:
        event_type = f"deal.{stage.value}"
        deal = {"id": subject.id, **{name: value for name, value in told.items() if value not in ("", None)}}
        body = {"type": event_type, "timestamp": at.isoformat(), "data": {"deal": deal}}
        return self._stores.journal.put(
            RawEvent(
                subject=subject,
                event_id=f"{number:08}",
                event_type=event_type,
                provider=PROVIDER,
                adapter=providers.adapter(PROVIDER).version,
                body=json.dumps(body).encode(),
                received_at=now,
                occurred_at=at,
            )
        )


def _subject(viewer: Principal, deal_id: str) -> Subject:
    return Subject(workspace=viewer.workspace, kind=SubjectKind.DEAL, connection=OWN, id=deal_id)


def _money(asked: AmountBody | None, workspace: Workspace) -> dict[str, Any]:
    if asked is None:
        return {}
    return _plain(Money(amount=asked.amount, currency=asked.currency or workspace.currency))


def _plain(money: Money | None) -> dict[str, Any]:
    return {"amount": {"amount": str(money.amount), "currency": money.currency}} if money else {}


def _visible(seen: Scope, row: Row) -> bool:
    """By the same rule as rows of the lake (query/rows.py)."""
    granted = (("user_id", seen.users), ("team_id", seen.teams), ("business_number_id", seen.numbers))
    return seen.everything or any(row[column] and row[column] in some for column, some in granted)
