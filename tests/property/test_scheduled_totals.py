"""A scheduled file holds what its owner's list holds for the same filter and period (demands.md D2, D25, D57)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.summary import SummaryQuery
from ringlake.flows.schedules.ordering import HEADLINE
from ringlake.model.directory import Workspace
from ringlake.query.filters import CALL, parse
from tests.property.test_same_totals import ZONES, filters, lake_of, rows_
from tests.unit.schedules.scheduled import Scheduled
from tools.simulator.observe import attachment

pytestmark = pytest.mark.slow

# A Thursday, and the Monday after the week with the night in which Europe's clocks change.
MADE, MONDAY = datetime(2026, 3, 26, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)
FROM, TO = "2026-03-23", "2026-03-29"


@given(
    made=rows_,
    asked=filters,
    zone=st.sampled_from(ZONES),
    user=st.sampled_from(["owner", "manager", "operator", "member"]),
)
@settings(max_examples=15)
def test_the_mailed_file_is_what_the_screen_lists(made: Any, asked: dict[str, Any], zone: str, user: str) -> None:
    other = asked.pop("zone", "")
    if user == "member":
        asked.pop("numbers", None)
    world = Scheduled()
    world.lake = lake_of(made)
    world.directory.put_workspace(Workspace(id="acme", name="Acme", zone=zone, country="PL"))
    world.now = MADE
    timing = {"cadence": "weekly", "weekday": 1, "at": "00:00", **({"zone": other} if other else {})}
    world.make(user, what={"request": {"filter": asked}}, timing=timing, recipients=[{"user": user}])

    assert world.tick(MONDAY).ordered == 1
    (job,) = world.ordered
    world.run(job.id)

    viewer = world.viewer(user)
    same = {**asked, "from": FROM, "to": TO, **({"zone": other} if other else {})}
    screen = world.answers.interactions.page(viewer, parse(ListQuery, {**same, "count": True}), MONDAY)
    assert _rows(world.mail.sent) == screen.count
    if asked.get("channels", [CALL]) == [CALL]:
        cards = world.answers.summary.summary(viewer, parse(SummaryQuery, {**same, "metrics": [*HEADLINE]}), MONDAY)
        told = job.scheduled
        assert told is not None
        assert [figure.value for figure in told.figures] == [card.value.value for card in cards.metrics]


def _rows(mails: list[EmailMessage]) -> int:
    (mail,) = mails
    return len(list(csv.DictReader(io.StringIO(attachment(mail)[1].decode("utf-8-sig"), newline=""))))
