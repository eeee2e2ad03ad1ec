"""What one call was charged, for those who may see it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ringlake.access import Principal
from ringlake.errors import NotFound
from ringlake.flows.answers.detail import DetailQuery
from ringlake.flows.answers.facts import LakeFacts
from ringlake.flows.money import MoneyRooms
from ringlake.flows.money.units import ChargesOf
from ringlake.model.directory import Ability, Role, User
from tests.scenarios.world import WORKSPACE
from tests.unit.money.test_history import BY_NAME, OWNER, Office


def shown(office: Office, viewer: Principal = OWNER, record_id: str = "pbx:c-1") -> ChargesOf:
    rooms = MoneyRooms(office.stores, LakeFacts(office.lake))
    return rooms.units.show(viewer, record_id, DetailQuery(), office.house.now)


def test_every_rating_of_every_unit_is_shown() -> None:
    office = Office(BY_NAME["rated_by_tariff"])
    office.tariff("0.60")
    office.rate()
    (unit,) = shown(office).units

    assert (unit.unit, unit.number, unit.destination_country, unit.billable_s) == ("c-1", "+48600100200", "PL", 61)
    assert [(r.rating, r.current, r.tariff_version, r.per_minute, r.cost_amount) for r in unit.ratings] == [
        (0, False, 1, Decimal("0.12"), Decimal("0.2000")),
        (1, True, 2, Decimal("0.60"), Decimal("0.9200")),
    ]


def test_legs_that_the_provider_priced_have_a_charge_each() -> None:
    units = shown(Office(BY_NAME["charged_twice"])).units
    assert [(u.unit, u.ratings[0].cost_source, u.ratings[0].cost_amount) for u in units] == [
        ("c-1/l1", "provider", Decimal("0.0900")), ("c-1/l2", "provider", Decimal("0.0100")),
    ]  # fmt: skip


def test_who_may_not_see_numbers_sees_none_and_who_may_not_see_the_call_nothing() -> None:
    office = Office(BY_NAME["rated_by_tariff"])
    boris = User(
        id="u-boris",
        email="b@example.com",
        name="B",
        role=Role.OPERATOR,
        abilities=(Ability.SEE_COSTS,),
        without=(Ability.SEE_NUMBERS,),
    )
    (unit,) = shown(office, Principal(workspace=WORKSPACE, user=boris)).units
    assert unit.number == "+48•••••••00"
    anna = User(id="u-anna", email="a@example.com", name="A", role=Role.OPERATOR, abilities=(Ability.SEE_COSTS,))
    with pytest.raises(NotFound):
        shown(office, Principal(workspace=WORKSPACE, user=anna))
