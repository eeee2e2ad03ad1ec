"""The minute's run: what rules see, who is told, and what stops a rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest

from ringlake.errors import Forbidden
from ringlake.model.alerts import DeliveryState, EventKind, Phase
from ringlake.model.budgets import AbuseRules
from ringlake.model.directory import Ability, Hours, Role
from ringlake.model.mailing import EVERYTHING, Left, MailAddress, Standing
from ringlake.stores.directory import Change
from tests.driver.faults import Hooked
from tests.unit.alerts.tower import Tower
from tests.unit.live.hall import CUSTOMER, SALES, WORKSPACE

INCOMING = {"is_inbound": 1, "is_spam": 0, "is_internal": 0}
MISSED = {**INCOMING, "is_offered": 1, "is_missed": 1, "is_abandoned": 1, "outcome": "caller_abandoned"}


@pytest.fixture
def tower() -> Tower:
    return Tower()


def words(message: EmailMessage) -> str:
    """Everything that the mail says, headers too."""
    return "\n".join([*(f"{k}: {v}" for k, v in message.items()), *(_texts(message))])


def _texts(message: EmailMessage) -> Iterator[str]:
    for part in message.walk():
        if part.get_content_maintype() == "text":
            yield str(part.get_content())


# --- what rules see


def test_customers_who_wait_are_counted_and_the_end_is_told(tower: Tower) -> None:
    rule = tower.rule("waiting", 2)
    tower.call("queued", "c1")
    tower.minute()
    assert tower.told == []

    tower.call("queued", "c2")
    tower.minute()
    assert tower.told == ["olga@acme.example"]
    tower.call("completed", "c2", reason="caller")
    tower.minute()

    assert tower.kinds(rule) == ["fired", "resolved"]
    assert len(tower.mail.sent) == 2
    assert tower.last.told == 1


def test_a_call_in_a_menu_waits_for_nobody(tower: Tower) -> None:
    tower.rule("waiting", 1)
    tower.call("started", "c1")
    tower.call("menu", "c1", step="menu")
    tower.minute()

    assert tower.told == []


def test_the_longest_wait_is_measured_from_the_queue_to_now(tower: Tower) -> None:
    rule = tower.rule("longest_wait", 120)
    tower.call("queued", "c1")
    tower.minute()
    assert tower.told == []

    tower.minute()
    assert tower.history(rule)[0].measured == 120
    tower.call("answered", "c1", agent="anna")
    tower.minute()
    assert tower.kinds(rule) == ["fired", "resolved"]


def test_a_rule_sees_what_its_owner_may_see(tower: Tower) -> None:
    mias, olgas = tower.rule("waiting", 1, by="mia"), tower.rule("waiting", 1)
    tower.call("queued", "c1")
    tower.minute()
    assert tower.told == ["olga@acme.example"]

    tower.call("queued", "c2", to=SALES)
    tower.minute()
    assert tower.told == ["olga@acme.example", "mia@acme.example"]
    assert (tower.history(mias)[0].measured, tower.history(olgas)[0].measured) == (Decimal(1), Decimal(1))


def test_a_rule_can_be_about_one_team_one_number_or_one_queue(tower: Tower) -> None:
    team, number = tower.rule(team="t-sales"), tower.rule(number="n-main")
    queue, other = tower.rule(queue="billing"), tower.rule(queue="support")
    tower.call("queued", "c1", to=SALES, queue="billing")
    tower.minute()

    firing = [r for r in (team, number, queue, other) if tower.alerts.get(WORKSPACE, r).state]  # type: ignore[union-attr]
    assert firing == [team, queue]


def test_nobody_online_is_told_in_open_hours_only(tower: Tower) -> None:
    workspace = tower.directory.settings(WORKSPACE)
    open_hours = Hours(weekly={"1": [("11:00", "11:05")]})
    tower.directory.put_workspace(msgspec.structs.replace(workspace, hours=open_hours))
    rule = tower.rule("no_agent", 1)
    tower.status("anna", "online")
    tower.minute()
    assert tower.told == []

    tower.status("anna", "offline")
    tower.minute()
    assert tower.told == ["olga@acme.example"]
    tower.wait(5)
    tower.minute()
    assert tower.kinds(rule) == ["fired", "resolved"]
    tower.minute()
    assert len(tower.mail.sent) == 2


def test_people_on_dnd_are_not_there(tower: Tower) -> None:
    tower.rule("no_agent", 1, open_hours=False)
    tower.status("anna", "dnd")
    tower.minute()

    assert tower.told == ["olga@acme.example"]


def test_of_a_team_only_its_people_count(tower: Tower) -> None:
    tower.rule("no_agent", 1, team="t-sales", open_hours=False)
    tower.status("boris", "online")
    tower.status("anna", "offline")
    tower.minute()

    assert tower.told == ["olga@acme.example"]


def test_where_nobodys_status_is_known_nobody_is_said_to_be_away(tower: Tower) -> None:
    tower.rule("no_agent", 1, open_hours=False)
    tower.minute()
    assert tower.told == []

    tower.status("anna", "offline")
    tower.minute()
    assert tower.told == ["olga@acme.example"]


def test_missed_calls_of_the_window_are_a_burst(tower: Tower) -> None:
    rule = tower.rule("missed_burst", 2, window_s=900)
    tower.past({**MISSED, "ago": 14}, {**MISSED, "ago": 20}, {"ago": 3})
    tower.look()
    assert tower.told == []

    tower.past({**MISSED, "ago": 14}, {**MISSED, "ago": 2})
    tower.look()
    assert tower.told == ["olga@acme.example"]
    assert tower.history(rule)[0].measured == 2


def test_what_the_lake_does_not_have_yet_is_unknown_and_changes_nothing(tower: Tower) -> None:
    rule = tower.rule("missed_burst", 1, window_s=900)
    tower.past(MISSED)
    tower.look()
    tower.wait(20)
    tower.look()
    assert tower.state(rule).phase is Phase.FIRING

    tower.minute()
    assert tower.kinds(rule) == ["fired", "resolved"]


def test_a_service_level_of_few_calls_means_nothing(tower: Tower) -> None:
    rule = tower.rule("service_level", 80, window_s=1800, least=3)
    late = {**INCOMING, "is_offered": 1, "is_answered": 1, "is_answered_offered": 1, "is_within_service": 0}
    tower.past(late, late)
    tower.look()
    assert tower.told == []

    tower.past(late, late, late)
    tower.look()
    assert tower.told == ["olga@acme.example"]
    assert (tower.history(rule)[0].measured, tower.history(rule)[0].n) == (Decimal(0), 3)


def charged(amount: str, **fields: Any) -> dict[str, Any]:
    return {
        "cost_amount": Decimal(amount),
        "cost_currency": "USD",
        "home_amount": Decimal(amount),
        "home_currency": "USD",
        **INCOMING,
        **fields,
    }


def test_spend_of_the_month_is_told_once_as_a_budget_that_is_used_up(tower: Tower) -> None:
    rule = tower.rule("spend", "10.50")
    tower.past(charged("10.49"))
    tower.look()
    assert tower.told == []

    tower.past(charged("10.50"))
    tower.look()
    tower.minute()
    (message,) = tower.mail.sent
    assert "10.50" in words(message)
    assert "2026-09-30" in words(message)
    assert tower.history(rule)[0].currency == "USD"


def test_without_the_right_to_see_costs_a_rule_about_spend_stops(tower: Tower) -> None:
    tower.change("mia", abilities=(Ability.SEE_COSTS,))
    rule = tower.rule("spend", 1, by="mia")
    tower.change("mia", abilities=())
    tower.past(charged("9"))
    tower.look()

    assert tower.told == []
    assert "may not see" in tower.state(rule).stopped


def test_what_was_spent_is_shown_to_nobody_who_may_not_see_costs(tower: Tower) -> None:
    rule = tower.rule("spend", "10.50")
    tower.past(charged("99.75"))
    tower.look()
    assert "99.75" in str(tower.book.show(tower.viewer(), rule))
    tower.change("mia", role=Role.ADMIN, without=(Ability.SEE_COSTS,))

    assert "99.75" not in str(tower.book.show(tower.viewer("mia"), rule))
    assert "99.75" not in str(tower.book.all(tower.viewer("mia")))
    with pytest.raises(Forbidden, match="see_costs"):
        tower.book.history(tower.viewer("mia"), rule, "")


def test_calls_against_the_rules_on_abuse_are_told(tower: Tower) -> None:
    tower.directory.replace(WORKSPACE, [Change(document=AbuseRules(night_from="", night_to="", version=1))])
    rule = tower.rule("abuse", 1, window_s=3600)
    outward = {"direction": "outbound", "is_outbound": 1, "is_spam": 0, "is_internal": 0, "talk_s": 60}
    tower.past({**outward, "remote_number": CUSTOMER})
    tower.look()
    assert tower.told == []

    far = "+8613912345678"
    tower.past({**outward, "remote_number": far})
    tower.look()
    assert tower.told == ["olga@acme.example"]
    assert tower.history(rule)[0].measured == 1


# --- what a mail says


def test_a_mail_tells_the_rule_and_the_numbers_and_nobodys_data(tower: Tower) -> None:
    tower.contact("Jan Kowalski")
    tower.rule("waiting", 1, name="Nobody picks up", number="n-main")
    tower.call("queued", "c1")
    tower.minute()

    (message,) = tower.mail.sent
    said = words(message)
    assert "Nobody picks up" in said
    assert "Main" in said
    assert "Nobody picks up" not in str(message["Subject"])
    assert not [secret for secret in (CUSTOMER, CUSTOMER[3:], "Kowalski") if secret in said]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_digest_lists_what_happened_in_quiet_hours(tower: Tower) -> None:
    tower.rule("waiting", 1, quiet={"weekly": {"1": [("11:00", "11:10")]}})
    for name in ("c1", "c2"):
        tower.call("queued", name)
        tower.minute()
        tower.call("completed", name, reason="caller")
        tower.minute()
    assert tower.told == []

    tower.wait(6)
    tower.minute()
    assert tower.told == ["olga@acme.example"]
    tower.minute()
    assert len(tower.mail.sent) == 1


def test_the_last_mail_before_a_rule_is_left_alone_says_that_it_is_the_last(tower: Tower) -> None:
    tower.rule("waiting", 1)
    for n in range(5):
        tower.call("queued", f"c{n}")
        tower.minute()
        tower.call("completed", f"c{n}", reason="caller")
        tower.minute()

    said = ["goes on and off" in words(message) for message in tower.mail.sent]
    assert said == [False] * 6 + [True]


# --- who is not told


def test_somebody_who_left_and_an_address_that_bounces_are_left_out_and_shown(tower: Tower) -> None:
    people = [{"user": f"u-{name}"} for name in ("olga", "anna", "boris")]
    rule = tower.rule("waiting", 1, recipients=people)
    left = MailAddress(address="anna@acme.example", left=(Left(topic=f"alert:{rule}", at=tower.clock()),))
    tower.addresses.put(WORKSPACE, left, None)
    tower.addresses.put(WORKSPACE, MailAddress(address="boris@acme.example", standing=Standing.BOUNCED), None)
    tower.call("queued", "c1")
    tower.minute()

    assert tower.told == ["olga@acme.example"]
    states = [(one.state, one.said) for one in tower.history(rule)[0].deliveries]
    assert states == [
        (DeliveryState.SENT, ""),
        (DeliveryState.SKIPPED, "unsubscribed"),
        (DeliveryState.SKIPPED, "mail to the address came back"),
    ]


def test_somebody_outside_is_asked_first_and_told_only_once_he_agreed(tower: Tower) -> None:
    rule = tower.rule("waiting", 1, recipients=[{"address": "boss@partner.example"}])
    assert tower.told == ["boss@partner.example"]
    tower.call("queued", "c1")
    tower.minute()
    assert len(tower.mail.sent) == 1
    assert tower.history(rule)[0].deliveries[0].said == "the address has not agreed to get mail"

    known = tower.addresses.get(WORKSPACE, "boss@partner.example")
    assert known is not None
    agreed = msgspec.structs.replace(known, confirmed_at=tower.clock(), version=known.version + 1)
    tower.addresses.put(WORKSPACE, agreed, known)
    tower.call("completed", "c1", reason="caller")
    tower.minute()
    assert tower.told == ["boss@partner.example"] * 2


def test_who_wants_nothing_of_all_that_comes_by_itself_gets_no_alerts(tower: Tower) -> None:
    tower.addresses.put(
        WORKSPACE, MailAddress(address="olga@acme.example", left=(Left(topic=EVERYTHING, at=tower.clock()),)), None
    )
    tower.rule("waiting", 1)
    tower.call("queued", "c1")
    tower.minute()

    assert tower.told == []


# --- what stops a rule, and what does not


@pytest.mark.parametrize("gone", ["suspended_at", "deleted_at"])
def test_without_its_owner_a_rule_stops_and_says_why_and_goes_on_with_him(tower: Tower, gone: str) -> None:
    rule = tower.rule("waiting", 1, by="mia")
    tower.call("queued", "c1", to=SALES)
    tower.change("mia", **{gone: tower.clock()})
    tower.minute()
    tower.minute()
    assert "no longer a user" in tower.state(rule).stopped
    assert tower.kinds(rule) == ["stopped"]

    tower.change("mia", **{gone: None})
    tower.minute()
    assert tower.kinds(rule) == ["stopped", "resumed", "fired"] or tower.kinds(rule) == ["stopped", "fired", "resumed"]
    assert tower.told == ["mia@acme.example"]


def test_on_a_plan_without_analytics_nobody_looks(tower: Tower) -> None:
    rule = tower.rule("waiting", 1)
    tower.directory.put_workspace(msgspec.structs.replace(tower.directory.settings(WORKSPACE), plan="free"))
    tower.call("queued", "c1")
    tower.minute()

    assert tower.told == []
    assert "plan" in tower.state(rule).stopped


def test_a_disabled_or_deleted_rule_is_not_looked_at(tower: Tower) -> None:
    disabled, deleted = tower.rule("waiting", 1, enabled=False), tower.rule("waiting", 1)
    tower.book.delete(tower.viewer(), deleted, tower.clock())
    tower.call("queued", "c1")

    assert tower.minute().rules == 0
    assert (WORKSPACE, disabled) not in tower.alerts.states


def test_without_rules_one_question_is_all(tower: Tower) -> None:
    asked: list[str] = []

    class Noted(Hooked):
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return super().__getattr__(name)

    tower.look(lambda store: Noted(store, lambda: None))
    assert asked == ["watched"]


def test_a_look_that_changes_nothing_writes_nothing(tower: Tower) -> None:
    rule = tower.rule("waiting", 1)
    tower.call("queued", "c1")
    tower.minute()
    before = tower.state(rule)
    tower.minute()

    assert tower.state(rule) is before


def test_the_board_is_read_once_for_all_rules(tower: Tower) -> None:
    for n in range(3):
        tower.rule("waiting", n + 1)
    reads: list[str] = []

    class Counted(Hooked):
        def __getattr__(self, name: str) -> Any:
            if name == "live":
                reads.append(name)
            return super().__getattr__(name)

    tower.call("queued", "c1")
    tower.minute(lambda store: Counted(store, lambda: None) if store is tower.records else store)
    assert reads == ["live"]


def test_one_rule_that_cannot_be_looked_at_does_not_keep_the_others_waiting(tower: Tower) -> None:
    broken, fine = tower.rule("missed_burst", 1), tower.rule("waiting", 1)
    tower.call("queued", "c1")

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    done = tower.minute(lambda store: Broken() if store is tower.facts else store)
    assert (done.failed, done.told) == (1, 1)
    assert tower.errors == [(broken, "RuntimeError")]
    assert tower.kinds(fine) == ["fired"]


def test_what_there_is_no_time_for_is_left_for_the_next_minute(tower: Tower) -> None:
    tower.rule("waiting", 1)
    done = tower.alerting().run(tower.clock, tower.clock())

    assert (done.rules, done.failed) == (0, 1)


def test_where_time_does_not_suffice_it_is_not_always_the_same_that_wait(tower: Tower) -> None:
    """Another workspace has a rule too; each run has time for the first one alone."""
    tower.rule("waiting", 1)
    other = "rival"
    tower.directory.put_workspace(msgspec.structs.replace(tower.directory.settings(WORKSPACE), id=other))
    tower.alerts.put_rule(other, tower.kept(next(iter(tower.alerts.rules))[1]), None)
    waited = {workspace for _ in range(4) for workspace in left_by_a_short_run(tower)}

    assert waited == {WORKSPACE, other}


def left_by_a_short_run(tower: Tower) -> list[str]:
    """Workspaces that a run leaves whose time is up after the first one."""
    tower.wait()
    times, late = iter([tower.clock()] * 4), tower.clock() + timedelta(hours=1)
    left: list[str] = []
    until = tower.clock() + timedelta(minutes=1)
    tower.alerting().run(lambda: next(times, late), until, lambda what, _: left.append(what))
    return left


def test_a_trial_tells_everybody_within_a_minute_even_in_quiet_hours(tower: Tower) -> None:
    rule = tower.rule("waiting", 3, quiet={"weekly": {"1": [("00:00", "24:00")]}})
    tower.book.test(tower.viewer(), rule, tower.clock())
    tower.minute()

    assert tower.told == ["olga@acme.example"]
    assert "nothing is wrong" in words(tower.mail.sent[0])
    assert tower.kinds(rule) == [EventKind.TEST.value]
    tower.minute()
    assert len(tower.mail.sent) == 1
    assert tower.state(rule).open == ()


def test_a_muted_rule_tells_later_what_still_fires(tower: Tower) -> None:
    rule = tower.rule("waiting", 1)
    until = (tower.clock() + timedelta(minutes=3)).isoformat()
    tower.book.mute(tower.viewer(), rule, {"until": until}, tower.clock())
    tower.call("queued", "c1")
    tower.minute()
    assert tower.told == []

    tower.wait(2)
    tower.minute()
    assert tower.kinds(rule) == ["fired", "still"]
    assert tower.told == ["olga@acme.example"]


def test_an_operator_who_became_a_member_of_nothing_sees_nothing(tower: Tower) -> None:
    tower.change("mia", role=Role.MANAGER)
    rule = tower.rule("waiting", 1, by="mia")
    tower.change("mia", role=Role.MEMBER)
    tower.call("queued", "c1", to=SALES)
    tower.minute()

    assert tower.told == []
    assert (WORKSPACE, rule) not in tower.alerts.states
