"""Deals that people enter: what comes of a call, who may, and two who change the same one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ringlake.errors import InvalidRequest, NotFound, Outdated, PlanTooLow, Taken, Unversioned
from ringlake.flows.dealing import DealView
from ringlake.flows.directory.office import View
from ringlake.flows.folding import Result, Snapshots, as_known, fold_subject
from ringlake.flows.rollup import rollup
from ringlake.model.calls import Party
from ringlake.model.contacts import Contact
from ringlake.model.deals import OWN, DealState
from ringlake.model.directory import Ability
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import CALLS, DEALS
from tests.unit.export.world import NOW, World
from tests.unit.lake.making import beside, call, deal, store

OTTO = Party(user_id="operator", name="Otto")
CUSTOMER: dict[str, Any] = {"remote_number": "+48600000001", "party_key": "p1", "remote_name": "Maria"}


@pytest.fixture
def world() -> World:
    world = World()
    store(
        world.records,
        call("c1", at=NOW, user=OTTO, team_id="t1", business_number_id="n1", **CUSTOMER),
        call("c2", at=NOW, user=Party(user_id="other"), business_number_id="n2", **CUSTOMER),
    )
    return world


def create(world: World, user: str = "operator", **body: Any) -> View[DealView]:
    return world.answers.dealing.create(world.viewer(user), {"call_id": "line:c1", **body}, world.now)


def change(world: World, deal: View[DealView], user: str = "operator", **body: Any) -> View[DealView]:
    world.wait(60)
    return world.answers.dealing.change(world.viewer(user), deal.document.id, body, deal.etag, world.now)


def test_a_quote_of_a_call_has_its_customer_filled_in(world: World) -> None:
    """features.md W11."""
    made = create(world, brand="Bosch", amount={"amount": "120.50", "currency": "EUR"}).document

    assert (made.state, made.brand, made.amount, made.currency) == (DealState.QUOTED, "Bosch", Decimal("120.5"), "EUR")
    assert (made.call_id, made.customer_name, made.customer_number) == ("line:c1", "Maria", "+48600000001")
    assert (made.party, made.user_id, made.team_id, made.quoted_at) == ("p1", "operator", "t1", world.now)
    assert made.kept_by == ""
    assert made == world.answers.dealing.show(world.viewer("operator"), made.id).document


def test_what_people_enter_is_in_the_journal_and_folds_to_what_they_were_shown(world: World) -> None:
    made = change(world, create(world, brand="Bosch"), state="ordered").document
    subject = Subject(workspace="acme", kind=SubjectKind.DEAL, connection=OWN, id=made.id.partition(":")[2])
    snapshots = Snapshots(world.directory, world.clock)

    assert [e.event_type for e in world.journal.events(subject)] == ["deal.quoted", "deal.ordered"]
    done = fold_subject(subject.key, world.journal, world.records, snapshots, world.clock)
    assert done.result is Result.WRITTEN
    stored = world.records.load(subject).record
    assert stored == as_known(subject, world.journal, world.records, snapshots.of("acme"))
    assert world.answers.dealing.show(world.viewer("operator"), made.id).document == made


def test_an_order_reaches_the_lake_as_a_sale_of_its_call(world: World) -> None:
    made = create(world, state="ordered").document
    key = Subject(workspace="acme", kind=SubjectKind.DEAL, connection=OWN, id=made.id.partition(":")[2]).key
    fold_subject(key, world.journal, world.records, Snapshots(world.directory, world.clock), world.clock)
    rollup(
        "acme", records=world.records, lake=world.lake, directory=world.directory, clock=world.clock, **beside()
    )  # fmt: skip

    (row,) = world.lake.read(DEALS, "acme", f"{NOW:%Y-%m-%d}").rows.to_pylist()
    assert (row["record_id"], row["user_id"], row["is_converted"]) == (made.id, "operator", 1)
    sales = {r["record_id"]: r["is_sale"] for r in world.lake.read(CALLS, "acme", f"{NOW:%Y-%m-%d}").rows.to_pylist()}
    assert sales == {"line:c1": 1, "line:c2": 0}


def test_orders_losses_and_corrections(world: World) -> None:
    made = create(world, brand="Bosch", amount={"amount": 10})
    assert made.document.currency == world.directory.settings("acme").currency

    ordered = change(world, made, state="ordered")
    assert (ordered.document.state, ordered.document.ordered_at) == (DealState.ORDERED, world.now)
    first = world.now
    dearer = change(world, ordered, amount={"amount": "12", "currency": "eur"}, brand="")
    assert (dearer.document.amount, dearer.document.currency, dearer.document.brand) == (Decimal(12), "EUR", "")
    assert (dearer.document.ordered_at, dearer.document.quoted_at) == (first, made.document.quoted_at)
    back = change(world, dearer, state="quoted")
    assert (back.document.state, back.document.ordered_at) == (DealState.QUOTED, None)
    lost = change(world, back, state="lost", amount=None)
    assert (lost.document.state, lost.document.amount, lost.document.currency) == (DealState.LOST, None, "")
    again = change(world, lost, state="ordered")
    assert again.document.ordered_at == world.now


def test_of_two_who_change_the_same_version_one_is_told_to_read_again(world: World) -> None:
    made = create(world)
    change(world, made, state="ordered")

    with pytest.raises(Outdated):
        change(world, made, state="lost")
    with pytest.raises(Unversioned):
        world.answers.dealing.change(world.viewer("operator"), made.document.id, {}, None, world.now)
    assert world.answers.dealing.show(world.viewer("operator"), made.document.id).document.state is DealState.ORDERED


def test_a_change_that_another_overtook_in_the_same_moment_is_refused(world: World) -> None:
    """Both have read the same version: the journal takes one event of each number."""
    made = create(world)
    journal = world.journal
    change(world, made, state="ordered")

    class Behind:
        """Reads what was there before, and writes to what is there now."""

        def __getattr__(self, name: str) -> Any:
            return getattr(journal, name)

        def events(self, subject: Subject) -> list[Any]:
            return [e for e in journal.events(subject) if e.event_id == "00000001"]

    world.journal = Behind()  # type: ignore[assignment]
    with pytest.raises(Outdated):
        change(world, made, state="lost")


def test_the_same_id_twice_makes_one_deal(world: World) -> None:
    create(world, id="q-7")

    world.wait(1)
    with pytest.raises(Taken):
        create(world, id="q-7", brand="Bosch")


@pytest.mark.parametrize("call_id", ["line:c2", "line:nothing", "nothing", "li#ne:c1", "rival:c1"])
def test_only_calls_that_the_viewer_sees_can_be_named(world: World, call_id: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        create(world, call_id=call_id)

    assert (error.value.field, error.value.reason) == ("call_id", "there is no such call")
    assert not world.journal.items


def test_a_deal_is_seen_by_whom_its_row_is_shown(world: World) -> None:
    made = create(world).document
    shown = []
    for user in ("owner", "manager", "operator", "member", "other"):
        try:
            shown.append((user, world.answers.dealing.show(world.viewer(user), made.id).document.state))
        except NotFound:
            continue

    assert [user for user, _ in shown] == ["owner", "manager", "operator", "member"]
    for missing in ("_own:d-nothing", "nonsense", "_own:", f"_own:{'x' * 4000}"):
        with pytest.raises(NotFound):
            world.answers.dealing.show(world.viewer("owner"), missing)


def test_another_workspaces_deal_is_not_there(world: World) -> None:
    made = create(world).document

    with pytest.raises(NotFound):
        world.answers.dealing.show(world.viewer("owner", "rival"), made.id)


def test_name_and_number_are_for_those_who_may_see_them(world: World) -> None:
    world.change("operator", without=(Ability.SEE_NAMES, Ability.SEE_NUMBERS))
    made = create(world).document

    assert (made.customer_name, made.customer_number) == ("", "+48•••••••01")


def test_a_deal_that_another_system_keeps_is_changed_there(world: World) -> None:
    store(world.records, deal(call="line:c1"))
    shown = world.answers.dealing.show(world.viewer("operator"), "line:d1")

    assert (shown.document.kept_by, shown.document.user_id) == ("line", "operator")
    with pytest.raises(Taken):
        change(world, shown, state="ordered")


def test_a_customer_can_be_named_and_must_exist(world: World) -> None:
    known = Contact(id="k-1", name="Jan", numbers=("+48600000009",), party_keys=("p9",), updated_at=NOW)
    world.contacts.put("acme", known)

    assert create(world, contact_id="k-1").document.customer_name == "Jan"
    with pytest.raises(InvalidRequest, match="contact_id"):
        create(world, contact_id="k-2")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"state": "lost"}, "state"),
        ({"amount": {"amount": "-1"}}, "amount.amount"),
        ({"amount": {"amount": "1", "currency": "EURO"}}, "amount.currency"),
        ({"amount": {"amount": "123456789.1"}}, "amount.amount"),
        ({"quoted_at": "2026-03-12T09:00:00Z"}, "quoted_at"),
        ({"quoted_at": "2026-03-01"}, "quoted_at"),
        ({"brand": "x" * 121}, "brand"),
        ({"id": "No ID"}, "id"),
        ({"price": 1}, "price"),
    ],
)
def test_a_wrong_field_is_named(world: World, body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        create(world, **body)

    assert error.value.field.startswith(field)


def test_a_quote_may_be_dated_back_and_every_deal_is_on_record(world: World) -> None:
    made = create(world, quoted_at=(NOW - timedelta(days=3)).isoformat())
    change(world, made, state="ordered")

    assert made.document.quoted_at == NOW - timedelta(days=3)
    lines = [(line.action, line.user_id, line.target) for line in world.directory.audit_lines("acme", f"{NOW:%Y-%m}")]
    assert sorted(lines) == [
        ("deal.change", "operator", made.document.id),
        ("deal.create", "operator", made.document.id),
    ]


def test_the_lowest_plan_has_no_deals(world: World) -> None:
    """features.md O1."""
    settings = world.directory.settings("acme")
    world.directory.put_workspace(msgspec.structs.replace(settings, plan="starter"))

    with pytest.raises(PlanTooLow):
        create(world)
