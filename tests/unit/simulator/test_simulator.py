"""The simulator itself: what it claims to know must be right before it may judge anything."""

from __future__ import annotations

import ast
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import phonenumbers
import pytest

from tools.simulator import deals, deliver, people, render
from tools.simulator.history import Call, Ending, History, extra_day, history, month
from tools.simulator.people import ANONYMOUS
from tools.simulator.truth import OUTCOME, REASON, sums, totals, truth
from tools.simulator.wire import WIRES, openphone

# Thirty days with the end of New York's summer time (2026-11-01) among them.
DAYS = month(date(2026, 11, 20))
AUTUMN = date(2026, 11, 1)
LEGACY_SECRET = "cHJvdmlkZXJzLWEtbGVnYWN5LXRlc3Qta2V5LTAwMDE="
STANDARD_SECRET = "whsec_" + "Y2Fub25pY2FsLXdlYmhvb2stdGVzdC1rZXktMDAwMDE="


@pytest.fixture(scope="module")
def whole_month() -> History:
    return history(people.company(7), 7, DAYS)


def test_the_same_seed_tells_the_same_month_to_the_byte() -> None:
    first, again = (render.notices(history(people.company(3), 3, DAYS[:5], 0.3)) for _ in range(2))
    assert first == again
    other = render.notices(history(people.company(4), 4, DAYS[:5], 0.3))
    assert {n.delivery_id for n in first}.isdisjoint(n.delivery_id for n in other)


def test_a_day_is_the_same_alone_and_inside_a_month() -> None:
    company = people.company(3)
    alone = history(company, 3, [DAYS[2]], 0.3)
    within = history(company, 3, DAYS[:5], 0.3)
    assert alone.calls
    assert set(alone.calls) <= set(within.calls)
    assert sum((history(company, 3, [d], 0.3) for d in DAYS[1:5]), start=history(company, 3, DAYS[:1], 0.3)) == within


def test_extra_days_lie_before_the_month_because_tomorrow_has_not_happened() -> None:
    assert extra_day(DAYS, 1) == DAYS[0] - timedelta(days=1)
    assert extra_day(DAYS, 3) == DAYS[0] - timedelta(days=3)


def test_a_month_has_the_size_and_the_mix_that_the_demo_promises(whole_month: History) -> None:
    assert 1_500 <= len(whole_month.calls) <= 1_900
    assert 1_150 <= len(whole_month.messages) <= 1_450
    assert 4_300 <= len(render.notices(whole_month)) <= 6_000
    assert {c.ending for c in whole_month.calls} == set(Ending)
    assert any(c.customer == ANONYMOUS for c in whole_month.calls)
    assert any(c.consulted for c in whole_month.calls)
    assert any(len(c.talks) > 1 for c in whole_month.calls)
    assert any(c.holds for c in whole_month.calls)
    assert max(Counter(c.customer for c in whole_month.calls).values()) >= 20, "nobody calls again"


def test_the_day_has_two_peaks_and_a_lunch_dip_and_the_week_a_weekend(whole_month: History) -> None:
    rows = truth(whole_month).calls.values()
    hours = {hour: count for (hour,), count in totals(rows, "local_hour").items()}
    assert hours[10] > hours[12]
    assert hours[14] > hours[12]
    days = {date.fromisoformat(str(day)): count for (day,), count in totals(rows, "local_date").items()}
    mondays = [n for day, n in days.items() if day.isoweekday() == 1]
    sundays = [n for day, n in days.items() if day.isoweekday() == 7]
    assert min(mondays) > 3 * max(sundays)


def test_nothing_in_a_story_happens_before_its_cause(whole_month: History) -> None:
    for call in whole_month.calls:
        moments = [call.started_at, *(at for at, _ in call.menu)]
        if call.queued_at:
            moments.append(call.queued_at)
        moments += [r.start for r in call.rings[:1]]
        if call.answered_at:
            moments.append(call.answered_at)
        assert moments == sorted(moments), call.id
        assert call.started_at <= call.ended_at
        assert all(call.started_at <= r.start <= r.end <= call.ended_at for r in call.rings)
        assert all(t.start < t.end <= call.ended_at for t in (*call.talks, *call.holds))
        late = (call.voicemail_ready, call.recording_ready, call.summary_ready, call.transcript_ready, call.charged_at)
        assert all(at is None or at > call.ended_at for at in late)


def test_only_conversations_have_talk_time_and_only_they_or_a_number_of_ones_own_have_a_user(
    whole_month: History,
) -> None:
    own = {line.e164 for line in whole_month.company.lines if not line.team}
    for row in truth(whole_month).calls.values():
        assert (row["talk_s"] is None) == (row["outcome"] != "answered")
        if row["direction"] == "inbound":
            assert bool(row["user_id"]) == (row["outcome"] == "answered" or row["business_number"] in own)
            assert bool(row["missed_reason"]) == (row["outcome"] != "answered")
        else:
            assert row["user_id"]
            assert row["missed_reason"] == ""


def test_the_parts_of_the_truth_add_up_to_its_totals(whole_month: History) -> None:
    known = truth(whole_month)
    rows = list(known.calls.values())
    assert sum(totals(rows, "local_date", "user_id", "direction", "outcome").values()) == len(whole_month.calls)
    assert sum(sums(rows, "talk_s", "local_date", "user_id").values()) == known.talk_s
    inbound = [r for r in rows if r["direction"] == "inbound"]
    assert known.missed + sum(r["outcome"] == "answered" for r in inbound) == len(inbound)
    outbound = [r for r in rows if r["direction"] == "outbound"]
    assert known.answered == sum(r["outcome"] == "answered" for r in (*inbound, *outbound))
    assert sum(totals(known.messages.values(), "direction", "status").values()) == len(whole_month.messages)
    assert len(known.calls) == len(whole_month.calls)


def test_a_25_hour_day_counts_both_its_one_o_clocks() -> None:
    company = people.company(1)
    calls = history(company, 1, [AUTUMN], 40.0).calls
    offsets = {c.started_at.astimezone(company.tz).utcoffset() for c in calls}
    assert offsets == {timedelta(hours=-4), timedelta(hours=-5)}
    assert {c.started_at.astimezone(company.tz).date() for c in calls} == {AUTUMN}


def test_every_ending_has_an_outcome_and_what_stays_untold_is_an_ending_too() -> None:
    assert set(OUTCOME) == set(Ending)
    untold = [wire.UNTOLD for wire in WIRES.values() if hasattr(wire, "UNTOLD")] + [*openphone.UNTOLD_BY.values()]
    assert len(untold) > len(people.BRANCHES)
    for table in untold:
        for ending, looks_like in table.items():
            assert (ending in REASON) == (looks_like in REASON), "an inbound ending cannot look outbound"


def test_every_number_is_one_that_its_country_could_have_given_out() -> None:
    company = people.company(1)
    for number in (*(c.number for c in company.customers), *(line.e164 for line in company.lines)):
        assert phonenumbers.is_possible_number(phonenumbers.parse(number)), number


def test_every_notice_has_an_id_of_its_own_and_a_body_in_json(whole_month: History) -> None:
    notices = render.notices(whole_month)
    assert len({(n.connection, n.delivery_id) for n in notices}) == len(notices)
    assert all(json.loads(n.body) for n in notices)
    assert notices == sorted(notices, key=lambda n: (n.at, n.delivery_id))
    subjects = {n.subject[1] for n in notices}
    stories: tuple[Call, ...] = whole_month.calls
    assert {c.id for c in stories} <= subjects


def test_the_signatures_are_the_published_ones() -> None:
    """Vectors of the two schemes, as their own documents print them."""
    body = b'{"type":"call.completed","timestamp":"2026-03-10T14:00:00Z","data":{"id":"call_0001"}}'
    at = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
    notice = render.Notice("generic", render.STANDARD, "msg_2mXExampleId0000000001", ("call", "1"), "", at, body)
    url = "https://ringlake.example.com/webhooks/generic/token"
    signed = render.request(notice, url, [STANDARD_SECRET], at)
    assert signed.header("webhook-timestamp") == "1773151200"
    assert signed.header("webhook-signature") == "v1,M5TesgnHQJhEWik+CQt9WFqgdcv0c63uxvRUBwBBn7I="
    two = render.request(notice, url, ["whsec_" + "YW5vdGhlci1rZXktb2YtMjQtYnl0ZXM=", STANDARD_SECRET], at)
    assert two.header("webhook-signature").endswith(" " + signed.header("webhook-signature"))


def test_the_faults_change_order_and_number_but_lose_nothing() -> None:
    notices = render.notices(history(people.company(2), 2, DAYS[:6], 0.4))
    attempts = deliver.plan(notices, deliver.Faults(duplicated=0.2, reorder=30, delayed=0.1, lost=0.2), seed=5)
    assert {a.notice.delivery_id for a in attempts if not a.lost} == {n.delivery_id for n in notices}
    repeats = sum(a.repeat for a in attempts)
    lost = sum(a.lost for a in attempts)
    assert repeats > 0
    assert lost > 0
    assert len(attempts) == len(notices) + repeats + lost
    arrived = [a.notice for a in attempts if not a.lost]
    assert arrived != sorted(arrived, key=lambda n: (n.at, n.delivery_id))
    assert attempts == deliver.plan(notices, deliver.Faults(duplicated=0.2, reorder=30, delayed=0.1, lost=0.2), seed=5)


def test_without_faults_everything_arrives_once_and_in_order() -> None:
    notices = render.notices(history(people.company(2), 2, DAYS[:3], 0.2))
    assert [a.notice for a in deliver.plan(notices, deliver.NONE, seed=1)] == notices


OWN = ("people", "systems", "history", "truth", "render", "deliver", "signing")


@pytest.mark.parametrize("name", [*OWN, *sorted({f"wire/{w.__name__.rpartition('.')[2]}" for w in WIRES.values()})])
def test_the_truth_owes_nothing_to_the_code_that_it_judges(name: str) -> None:
    source = Path(people.__file__).parent.joinpath(f"{name}.py").read_text(encoding="utf-8")
    imported = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not [module for module in imported if module.startswith(("ringlake", "functions"))]


def test_quotes_follow_calls_with_a_talk_and_are_over_before_their_day_is() -> None:
    days = month(date(2026, 11, 20), 10)
    story = history(people.company(11), 11, days)
    calls = {call.id: call for call in story.calls}
    made = deals.deals(story)
    assert {deal.fate for deal in made} == set(deals.Fate)
    assert {deal.brand for deal in made} == set(deals.BRANDS)
    for deal in made:
        call = calls[deal.call]
        assert deal.person in {talk.person for talk in call.talks}
        assert call.ended_at < deal.quoted_at < (deal.settled_at or datetime.max.replace(tzinfo=UTC))
        last = (deal.settled_at or deal.quoted_at).astimezone(story.company.tz)
        assert last.date() == call.started_at.astimezone(story.company.tz).date()


def test_a_day_tells_the_same_quotes_alone_and_inside_a_month() -> None:
    days = month(date(2026, 11, 20), 3)
    company = people.company(11)
    alone = [deal for day in days for deal in deals.deals(history(company, 11, [day]))]
    assert sorted(alone, key=lambda d: d.id) == sorted(deals.deals(history(company, 11, days)), key=lambda d: d.id)
