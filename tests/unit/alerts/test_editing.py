"""What people do with alerts: who may make and see which, what is refused and why, and what is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from ringlake.errors import Forbidden, InvalidRequest, NotFound, Outdated, PlanTooLow, Taken, Unversioned
from ringlake.flows.alerts.views import AlertView
from ringlake.model.alerts import Phase
from ringlake.model.directory import Ability
from ringlake.stores.alerts import MemoryAlerts
from tests.unit.alerts.tower import URL, Tower
from tests.unit.live.hall import SALES, WORKSPACE

BODY: dict[str, Any] = {"name": "Queue", "kind": "waiting", "threshold": 5, "recipients": [{"user": "u-olga"}]}


@pytest.fixture
def tower() -> Tower:
    return Tower()


def made(tower: Tower, by: str = "olga", **fields: Any) -> AlertView:
    return tower.book.create(tower.viewer(by), BODY | fields, tower.clock()).document


def wrong(tower: Tower, by: str = "olga", **fields: Any) -> list[str]:
    """Fields of a body that are refused."""
    with pytest.raises(InvalidRequest) as caught:
        made(tower, by, **fields)
    return [field for field, _ in caught.value.errors]


def test_a_new_rule_comes_back_with_what_is_usual_for_its_kind(tower: Tower) -> None:
    level = made(tower, kind="service_level", threshold=80)
    assert (level.unit, level.window_s, level.open_hours, level.tells_end) == ("percent", 1800, False, True)
    nobody = made(tower, kind="no_agent", threshold=1)
    assert (nobody.unit, nobody.window_s, nobody.open_hours) == ("count", None, True)
    spend = made(tower, kind="spend", threshold="99.50")
    assert (spend.unit, spend.currency, spend.every, spend.tells_end) == ("money", "USD", "month", False)
    assert tower.book.show(tower.viewer(), spend.id).document == spend


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"threshold": 0}, "threshold"),
        ({"threshold": 1.5}, "threshold"),
        ({"threshold": "NaN"}, "threshold"),
        ({"threshold": 10_000}, "threshold"),
        ({"kind": "service_level", "threshold": 101}, "threshold"),
        ({"kind": "spend", "threshold": "1.001"}, "threshold"),
        ({"clear": 6}, "clear"),
        ({"kind": "service_level", "threshold": 80, "clear": 70}, "clear"),
        ({"kind": "no_agent", "threshold": 1, "queue": "billing"}, "queue"),
        ({"kind": "no_agent", "threshold": 1, "number": "n-main"}, "number"),
        ({"kind": "spend", "queue": "billing"}, "queue"),
        ({"user": "u-anna"}, "user"),
        ({"every": "month"}, "every"),
        ({"window_s": 900}, "window_s"),
        ({"kind": "missed_burst", "window_s": 60}, "window_s"),
        ({"recipients": []}, "recipients"),
        ({"recipients": [{"user": "u-olga"}, {"user": "u-olga"}]}, "recipients"),
        ({"recipients": [{"user": "u-olga", "address": "a@b.example"}]}, "recipients.0.user"),
        ({"recipients": [{"address": "no address"}]}, "recipients.0.address"),
        ({"recipients": [{"user": "u-nobody"}]}, "recipients.0.user"),
        ({"recipients": [{"user": "u-olga"}] * 21}, "recipients"),
        ({"team": "t-nowhere"}, "team"),
        ({"number": "n-nowhere"}, "number"),
        ({"kind": "spend", "user": "u-nobody"}, "user"),
        ({"webhook": "http://hooks.example.com/"}, "webhook"),
        ({"webhook": "https://169.254.169.254/latest"}, "webhook"),
        ({"quiet": {"weekly": {"1": [("25:00", "26:00")]}}}, "quiet.weekly"),
        ({"quiet": {"weekly": {"8": [("20:00", "06:00")]}}}, "quiet.weekly"),
        ({"name": "line\nend"}, "name"),
        ({"settle_s": -1}, "settle_s"),
        ({"owner": "u-mia"}, "owner"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(tower: Tower, fields: dict[str, Any], field: str) -> None:
    assert wrong(tower, **fields) == [field]
    assert tower.alerts.rules == {}


def test_a_manager_makes_alerts_of_teams_that_he_sees(tower: Tower) -> None:
    assert made(tower, "mia", team="t-sales").mine
    assert wrong(tower, "mia", team="t-service") == ["team"]


def test_spend_is_for_those_who_see_costs(tower: Tower) -> None:
    with pytest.raises(Forbidden, match="see_costs"):
        made(tower, "mia", kind="spend")
    tower.change("mia", abilities=(Ability.SEE_COSTS,))
    made(tower, "mia", kind="spend", user="u-anna")
    assert wrong(tower, "mia", kind="spend", user="u-boris") == ["user"]


def test_only_administrators_send_data_to_other_peoples_servers(tower: Tower) -> None:
    with pytest.raises(Forbidden, match="administer"):
        made(tower, "mia", webhook=URL)
    rule = made(tower, "mia")
    change = {**BODY, "webhook": URL}
    with pytest.raises(Forbidden, match="administer"):
        tower.book.change(tower.viewer("mia"), rule.id, change, "*", tower.clock())
    tower.book.change(tower.viewer("olga"), rule.id, change, "*", tower.clock())
    # What an administrator has set up a manager may keep, but not lead elsewhere.
    tower.book.change(tower.viewer("mia"), rule.id, {**change, "threshold": 6}, "*", tower.clock())
    with pytest.raises(Forbidden, match="administer"):
        tower.book.change(tower.viewer("mia"), rule.id, {**change, "webhook": f"{URL}/x"}, "*", tower.clock())


def test_a_secret_is_shown_once_and_changes_with_the_address(tower: Tower) -> None:
    rule = made(tower, webhook=URL)
    assert rule.webhook is not None
    assert rule.webhook.secret.startswith("whsec_")
    shown = tower.book.show(tower.viewer(), rule.id).document.webhook
    assert shown is not None
    assert (shown.secret, shown.secrets) == ("", 1)

    body = {**BODY, "webhook": URL}
    same = tower.book.change(tower.viewer(), rule.id, body, "*", tower.clock()).document.webhook
    other = tower.book.change(tower.viewer(), rule.id, {**body, "webhook": f"{URL}/b"}, "*", tower.clock()).document
    assert same is not None
    assert same.secret == ""
    assert other.webhook is not None
    assert other.webhook.secret not in ("", rule.webhook.secret)


def test_everybody_has_his_own_and_administrators_have_all(tower: Tower) -> None:
    olgas, mias = made(tower, name="b").id, made(tower, "mia", name="A").id
    assert [one.id for one in tower.book.all(tower.viewer("mia")).alerts] == [mias]
    assert [one.id for one in tower.book.all(tower.viewer("olga")).alerts] == [mias, olgas]
    for use in ("show", "history"):
        with pytest.raises(NotFound):
            getattr(tower.book, use)(tower.viewer("mia"), olgas, *([""] if use == "history" else []))
    for change in (tower.book.delete, tower.book.test, tower.book.rotate):
        with pytest.raises(NotFound):
            change(tower.viewer("mia"), olgas, tower.clock())


def test_a_rule_is_changed_from_the_version_that_was_read(tower: Tower) -> None:
    rule = made(tower)
    with pytest.raises(Unversioned):
        tower.book.change(tower.viewer(), rule.id, BODY, None, tower.clock())
    tower.book.change(tower.viewer(), rule.id, BODY, "1", tower.clock())
    with pytest.raises(Outdated):
        tower.book.change(tower.viewer(), rule.id, BODY, "1", tower.clock())


def test_who_loses_a_race_of_changes_is_told_to_read_again(tower: Tower) -> None:
    rule = made(tower)

    class Raced(MemoryAlerts):
        def put_rule(self, workspace: str, rule: Any, previous: Any) -> None:
            tower_rule = tower.kept(rule.id)
            self.rules[workspace, rule.id] = msgspec.structs.replace(tower_rule, version=9)
            super().put_rule(workspace, rule, previous)

    raced = Raced()
    raced.rules = tower.alerts.rules
    tower.alerts = raced
    with pytest.raises(Outdated):
        tower.book.change(tower.viewer(), rule.id, BODY, "1", tower.clock())


def test_a_change_of_name_does_not_forget_the_firing_and_a_change_of_threshold_does(tower: Tower) -> None:
    rule = tower.rule("waiting", 1)
    tower.call("queued", "c1")
    tower.minute()
    body = {**BODY, "threshold": 1}
    renamed = tower.book.change(tower.viewer(), rule, body | {"name": "Other"}, "*", tower.clock()).document
    assert renamed.state.phase is Phase.FIRING
    tower.minute()
    assert tower.kinds(rule) == ["fired"]

    other = tower.book.change(tower.viewer(), rule, body | {"threshold": 2}, "*", tower.clock()).document
    assert other.state.phase is Phase.CLEAR


def test_what_was_disabled_while_it_fired_begins_anew(tower: Tower) -> None:
    rule = tower.rule("waiting", 1)
    tower.call("queued", "c1")
    tower.minute()
    body = {**BODY, "threshold": 1, "cooldown_s": 0}
    tower.book.change(tower.viewer(), rule, body | {"enabled": False}, "*", tower.clock())
    tower.minute()
    tower.book.change(tower.viewer(), rule, body, "*", tower.clock())
    tower.minute()

    assert tower.kinds(rule) == ["fired", "fired"]


def test_an_administrator_takes_over_what_somebody_left_behind(tower: Tower) -> None:
    rule = made(tower, "mia")
    tower.change("mia", deleted_at=tower.clock())
    with pytest.raises(InvalidRequest, match="by oneself"):
        tower.book.change(tower.viewer(), rule.id, BODY | {"owner": "u-anna"}, "*", tower.clock())
    taken = tower.book.change(tower.viewer(), rule.id, BODY | {"owner": "u-olga"}, "*", tower.clock()).document

    assert (taken.owner, taken.mine) == ("u-olga", True)


def test_nobody_sees_more_through_a_rule_of_somebody_who_sees_more(tower: Tower) -> None:
    rule = made(tower, "olga")
    for abilities in ((Ability.ADMINISTER,), (Ability.ADMINISTER, Ability.SEE_COSTS)):
        tower.change("mia", abilities=abilities)
        with pytest.raises(Forbidden, match="sees more than you"):
            tower.book.change(tower.viewer("mia"), rule.id, BODY, "*", tower.clock())


def test_a_rule_is_muted_for_a_while_and_not_for_ever(tower: Tower) -> None:
    rule, now = made(tower).id, tower.clock()
    viewer = tower.viewer()
    until = now + timedelta(hours=2)
    assert tower.book.mute(viewer, rule, {"until": until.isoformat()}, now).document.muted_until == until
    assert tower.book.mute(viewer, rule, {}, now).document.muted_until is None
    assert tower.book.mute(viewer, rule, {"until": now.isoformat()}, now).document.muted_until is None
    with pytest.raises(InvalidRequest, match="31 days"):
        tower.book.mute(viewer, rule, {"until": (now + timedelta(days=40)).isoformat()}, now)


def test_a_trial_needs_an_enabled_rule_and_ends_after_ten_a_day(tower: Tower) -> None:
    disabled = made(tower, enabled=False).id
    with pytest.raises(Taken, match="enable"):
        tower.book.test(tower.viewer(), disabled, tower.clock())
    rule = made(tower).id
    for _ in range(10):
        tower.book.test(tower.viewer(), rule, tower.clock())
        tower.wait()
    with pytest.raises(Taken, match="10 times"):
        tower.book.test(tower.viewer(), rule, tower.clock())
    tower.wait(24 * 60)
    tower.book.test(tower.viewer(), rule, tower.clock())


def test_a_new_secret_needs_a_webhook(tower: Tower) -> None:
    with pytest.raises(Taken, match="no webhook"):
        tower.book.rotate(tower.viewer(), made(tower).id, tower.clock())


def test_history_comes_page_by_page(tower: Tower) -> None:
    rule = tower.rule("waiting", 1, cooldown_s=0)
    for n in range(30):
        tower.call("queued", f"c{n}")
        tower.minute()
        tower.call("completed", f"c{n}", reason="caller")
        tower.minute()
    first = tower.book.history(tower.viewer(), rule, "")
    second = tower.book.history(tower.viewer(), rule, first.next)

    assert (len(first.events), len(second.events), second.next) == (50, 10, "")
    ids = [event.id for event in (*first.events, *second.events)]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 60


def test_fifty_alerts_are_enough_for_one_person(tower: Tower) -> None:
    for n in range(50):
        made(tower, "mia", name=f"r{n}")
    assert wrong(tower, "mia") == ["name"]
    made(tower)


def test_every_change_is_on_record_without_addresses(tower: Tower) -> None:
    rule = made(tower, webhook=URL).id
    tower.book.test(tower.viewer(), rule, tower.clock())
    tower.book.delete(tower.viewer(), rule, tower.clock())

    lines = tower.directory.audit_lines(WORKSPACE, f"{tower.clock():%Y-%m}")
    assert [(line.action, line.target) for line in lines] == [
        ("alert.create", rule), ("alert.test", rule), ("alert.delete", rule),
    ]  # fmt: skip
    assert "hooks.example.com" not in str(lines)


def test_on_the_lowest_plan_there_are_no_alerts(tower: Tower) -> None:
    rule = made(tower).id
    tower.directory.put_workspace(msgspec.structs.replace(tower.directory.settings(WORKSPACE), plan="free"))
    with pytest.raises(PlanTooLow):
        tower.book.all(tower.viewer())
    with pytest.raises(PlanTooLow):
        tower.book.show(tower.viewer(), rule)


def test_where_a_rule_stands_is_shown(tower: Tower) -> None:
    rule = tower.rule("waiting", 1)
    tower.call("queued", "c1", to=SALES)
    tower.minute()
    state = tower.book.show(tower.viewer(), rule).document.state

    assert (state.phase, state.told, state.firings) == (Phase.FIRING, "sent", 1)
    assert state.incident is not None
    assert state.incident.over_at is None
