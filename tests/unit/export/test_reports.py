"""What each report holds: the same as the screen, with the same rights."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ringlake.errors import Forbidden
from ringlake.flows.archive import archive
from ringlake.flows.exports import content
from ringlake.flows.exports.chart import CHARTS
from ringlake.model.directory import Ability, Connection
from ringlake.model.marks import Marks
from ringlake.model.tables import ALL_DAYS, CALLS, CASES, CHARGES, DEALS, LEGS, MESSAGES, OPEN_CASES
from ringlake.query.filters import parse
from ringlake.query.people import PeopleFilter
from ringlake.stores.lake import as_rows
from tests.unit.answers import staff
from tests.unit.answers.test_detail import event, heard, put_call, put_message, subject
from tests.unit.answers.test_worklist import case

from .files import RANGE, made, ordered, rows
from .world import NOW, World

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
MINE: dict[str, Any] = {"user_id": "operator", "team_id": "t1", "business_number_id": "n1"}


@pytest.fixture
def world() -> World:
    return staff.company()


def call(record_id: str, **fields: Any) -> dict[str, Any]:
    usual = {"record_id": record_id, "started_at": NOON, "is_call": 1, "direction": "inbound", "kind": "voice"}
    return {**usual, "outcome": "answered", "is_inbound": 1, **MINE, **fields}


def text(record_id: str, **fields: Any) -> dict[str, Any]:
    usual = {"record_id": record_id, "started_at": NOON, "is_message": 1, "direction": "inbound", "kind": "sms"}
    return {**usual, "status": "received", "is_inbound": 1, **MINE, **fields}


def step(record_id: str, seq: int, kind: str, value: str = "") -> dict[str, Any]:
    at = NOON + timedelta(seconds=seq)
    return {"record_id": record_id, "row_kind": "step", "seq": seq, "kind": kind, "value": value, "started_at": at}


# --- detailed


@pytest.fixture
def campaign(world: World) -> World:
    """One incoming call of a campaign with three steps between a text, a plain call and an outgoing one."""
    staff.keep(
        world,
        CALLS,
        [
            call("c:plain", started_at=NOON - timedelta(minutes=1), talk_s=5),
            call("c:campaign", campaign="Spring", talk_s=60, total_s=70, tags="vip"),
            call("c:out", started_at=NOON + timedelta(minutes=2), direction="outbound", campaign="Spring", talk_s=7),
        ],
    )
    staff.keep(world, MESSAGES, [text("m:1", started_at=NOON + timedelta(minutes=1))])
    told = [step("c:campaign", 1, "started"), step("c:campaign", 2, "step", "2"), step("c:campaign", 3, "answered")]
    staff.keep(world, LEGS, [*told, step("c:plain", 1, "started"), step("c:out", 1, "started")])
    return world


def test_only_an_incoming_call_of_a_campaign_has_a_row_for_each_step(campaign: World) -> None:
    """features.md F53."""
    found = rows(campaign, report="detailed")

    assert [(row["record_id"], row["step_no"], row["step_type"], row["step_value"]) for row in found] == [
        ("c:plain", "", "", ""),
        ("c:campaign", "1", "started", ""),
        ("c:campaign", "2", "step", "2"),
        ("c:campaign", "3", "answered", ""),
        ("m:1", "", "", ""),
        ("c:out", "", "", ""),
    ]
    assert found[2]["step_started_at"] == "2026-03-09T12:00:02.000Z"


def test_durations_stand_on_the_first_row_so_that_sums_stay_right(campaign: World) -> None:
    simple, detailed = rows(campaign), rows(campaign, report="detailed")

    assert [row["talk_s"] for row in detailed] == ["5", "60", "", "", "", "7"]
    assert [row["tags"] for row in detailed[1:4]] == ["vip"] * 3
    for name in ("talk_s", "total_s", "wait_s"):
        assert sum(int(row[name] or 0) for row in simple) == sum(int(row[name] or 0) for row in detailed)


def test_paths_of_all_calls_are_an_option(campaign: World) -> None:
    found = rows(campaign, report="detailed", options={"paths": "all"})

    assert [row["step_type"] for row in found] == ["started", "started", "step", "answered", "", "started"]


def test_all_legs_and_steps_of_the_selected_calls(campaign: World) -> None:
    found = rows(campaign, report="legs", filter={**RANGE, "campaigns": ["Spring"]})

    assert [(row["record_id"], row["row_kind"], row["seq"]) for row in found] == [
        ("c:campaign", "step", "1"), ("c:campaign", "step", "2"), ("c:campaign", "step", "3"), ("c:out", "step", "1"),
    ]  # fmt: skip


def test_a_number_that_somebody_dialled_on_the_way_is_hidden_too(campaign: World) -> None:
    """demands.md D74."""
    day = campaign.lake.read(LEGS, "acme", "2026-03-09").rows.to_pylist()
    staff.keep(campaign, LEGS, [{**row, "value": "+48600700800"} for row in day])
    campaign.change("owner", role="admin", without=(Ability.SEE_NUMBERS,))

    for report in ("detailed", "legs"):
        found = rows(campaign, report=report)
        column = "step_value" if report == "detailed" else "value"
        assert {row[column] for row in found if row[column]} == {"'+48•••••••00"}


# --- calls and texts


def test_texts_have_all_that_is_known_of_them(world: World) -> None:
    staff.keep(world, MESSAGES, [text("m:1", segments=3, cost_amount=Decimal("0.0750"), conversation="conv-7")])
    (row,) = rows(world, report="messages")

    assert (row["record_id"], row["segments"], row["cost_amount"], row["conversation"]) == (
        "m:1", "3", "0.0750", "conv-7",
    )  # fmt: skip
    assert row["started_at_local"] == "2026-03-09T13:00:00.000+01:00"


def test_the_columns_of_the_screen_are_a_profile(world: World) -> None:
    """features.md N21: a file of a saved list has its columns."""
    staff.keep(world, CALLS, [call("c:1", is_unique=1, is_target=1, tags="vip;new", remote_number="+48600100200")])
    (row,) = rows(world, profile="list", columns=["record_id", "labels", "tags", "type_label", "remote_number"])

    assert row == {
        "record_id": "c:1",
        "labels": "unique;target",
        "tags": "vip;new",
        "type_label": "Incoming call",
        "remote_number": "'+48600100200",
    }


def test_columns_stand_in_the_order_in_which_they_were_chosen(world: World) -> None:
    staff.keep(world, CALLS, [call("c:1", talk_s=4)])

    assert rows(world, columns=["talk_s", "record_id"]) == [{"talk_s": "4", "record_id": "c:1"}]


# --- people


def test_the_team_is_that_of_the_screen_and_adds_up(world: World) -> None:
    """features.md O11: rows and the row of nobody sum to the total."""
    staff.keep(
        world,
        CALLS,
        [call("c:1", talk_s=60), call("c:2", talk_s=5, user_id="anna"), call("c:3", user_id="", outcome="no_answer")],
    )
    found = rows(world, report="team", options={"metrics": ["calls", "talk_s", "average_talk_s"]})

    assert list(found[0]) == [
        "user_id", "user_name", "teams", "deleted", "calls", "talk_s", "average_talk_s", "average_talk_s_n",
        "average_talk_s_median", "average_talk_s_p90", "talk_by_leg_s",
    ]  # fmt: skip
    by_user = {row["user_id"]: row for row in found}
    assert (by_user["anna"]["calls"], by_user["anna"]["talk_s"], by_user["anna"]["teams"]) == ("1", "5", "t1")
    assert (by_user[""]["calls"], by_user[""]["user_name"]) == ("1", "Unassigned")
    assert by_user["boris"]["calls"] == "0"
    assert sum(int(row["calls"]) for row in found) == 3


def test_numbers_are_all_there_and_not_the_first_ten(world: World) -> None:
    staff.keep(world, CALLS, [call(f"c:{n}", business_number_id=f"x{n}") for n in range(25)])
    found = rows(world, report="numbers", options={"metrics": ["calls"]})

    assert len(found) == 26, "and the row of no number"
    assert list(found[0]) == ["business_number_id", "business_number_name", "deleted", "share", "calls"]


def test_presence_is_the_strip_of_every_day_and_sums_to_the_screen(world: World) -> None:
    staff.presence(
        world,
        staff.said("anna", ("09:00", "online"), ("12:00", "talking"), ("12:05", "online"), ("17:00", "offline")),
        staff.said("boris", ("22:00", "online"), ("26:00", "offline")),
    )
    found = rows(world, report="presence")
    screen = world.answers.presence.by_day(world.viewer("owner"), parse(PeopleFilter, RANGE), world.now)

    assert [(row["user_name"], row["date"], row["status"], row["seconds"]) for row in found][:3] == [
        ("Anna", "2026-03-09", "online", "10800"),
        ("Anna", "2026-03-09", "talking", "300"),
        ("Anna", "2026-03-09", "online", "17700"),
    ]
    assert found[0]["started_at_local"] == "2026-03-09T09:00:00.000+01:00"
    seconds: dict[str, int] = {}
    for row in found:
        seconds[row["status"]] = seconds.get(row["status"], 0) + int(row["seconds"])
    statuses = [one.statuses for one in screen.people]
    assert seconds["online"] == sum(one.online_s for one in statuses) == 8 * 3600 - 300 + 4 * 3600
    assert seconds["talking"] == sum(one.talking_s for one in statuses)
    assert seconds["offline"] == sum(one.offline_s for one in statuses)


def test_presence_shows_people_in_sight_alone(world: World) -> None:
    staff.presence(world, staff.said("anna", ("09:00", "online")), staff.said("boris", ("09:00", "online")))

    assert {row["user_id"] for row in rows(world, "manager", report="presence")} == {"anna"}


# --- charts


@pytest.mark.parametrize("chart", [name for name in CHARTS if name != "breakdown"])
def test_every_chart_is_a_file_of_its_buckets(world: World, chart: str) -> None:
    """demands.md D54."""
    offered = {"is_offered": 1, "is_answered": 1, "is_answered_offered": 1, "is_within_service": 1, "wait_s": 3}
    more: dict[str, Any] = {"wait_ms": 3000, "answered_at": NOON, "ended_at": NOON + timedelta(minutes=3)}
    staff.keep(world, CALLS, [call("c:1", **offered, **more, talk_s=180)])
    found = rows(world, report="chart", options={"chart": chart})
    at: dict[str, tuple[str, str, Any]] = {
        "summary": ("metric", "calls_received", ("value", "1")),
        "series": ("bucket", "2026-03-09", ("calls", "1")),
        "heatmap": ("hour", "13", ("interactions", "1")),
        "waits": ("from_s", "0", ("answered", "1")),
        "service": ("hour", "13", ("service_level", "1")),
        "service_rows": ("key", "t1", ("offered", "1")),
        "responses": ("key", "", ("first_blocks", "0")),
        "concurrency": ("bucket", "2026-03-09", ("answered_peak", "1")),
    }
    column, key, (value, wanted) = at[chart]
    (row, *_) = [row for row in found if row[column] == key]

    assert row[value] == wanted
    assert made(world, report="chart", options={"chart": chart}).stem == f"ringlake-{chart}_2026-03-09_2026-03-10"


def test_a_series_has_a_row_for_each_bucket_and_line_and_says_what_was_before(world: World) -> None:
    staff.keep(
        world, CALLS, [call("c:1"), call("c:2", user_id="anna"), call("c:0", started_at=NOON - timedelta(days=2))]
    )
    options = {"chart": "series", "by": "user", "metrics": ["calls"], "compare": True}
    found = rows(world, report="chart", options=options)

    assert [(row["bucket"], row["key"], row["calls"], row["calls_previous"]) for row in found] == [
        ("2026-03-09", "anna", "1", "0"), ("2026-03-09", "operator", "1", "1"),
        ("2026-03-10", "anna", "0", "0"), ("2026-03-10", "operator", "0", "0"),
    ]  # fmt: skip
    about = made(world, report="chart", options=options).about
    assert about.title == "Chart: series"
    assert "At most 10 lines by user" in about.notes[0]
    assert about.filter == {**RANGE, **options}


def test_a_breakdown_has_all_parts_and_its_first_metric_adds_up(world: World) -> None:
    staff.keep(world, CALLS, [call(f"c:{n}", source=f"s{n % 15}") for n in range(30)])
    found = rows(world, report="chart", options={"chart": "breakdown", "by": "source", "metrics": ["calls"], "top": 3})

    assert sum(int(row["calls"]) for row in found) == 30
    assert len(found) == 16


def test_costs_are_not_among_the_columns_of_who_may_not_see_them(world: World) -> None:
    """demands.md D74."""
    options = {"chart": "series", "metrics": ["calls", "spend"]}

    assert "spend" in rows(world, report="chart", options=options)[0]
    assert "spend" not in rows(world, "operator", report="chart", options=options)[0]


# --- customers, cases, deals


def test_open_cases_of_all_days_need_no_range(world: World) -> None:
    """demands.md D9."""
    old = case("c:old", datetime(2024, 1, 5, 9, tzinfo=UTC), **MINE, remote_number="+48600100200")
    new = case("c:new", NOW - timedelta(minutes=5), **MINE, state="assigned", assignee="manager")
    world.lake.write(OPEN_CASES, "acme", ALL_DAYS, as_rows(OPEN_CASES, [old, new]), None)
    world.marks.put(
        "acme", Marks(record_id="c:old", case_note="ring at noon", updated_at=NOW, updated_by="owner"), None
    )
    found = rows(world, report="cases", filter={})

    assert [(row["record_id"], row["state"], row["overdue"], row["note"]) for row in found] == [
        ("c:new", "assigned", "0", ""), ("c:old", "open", "1", "ring at noon"),
    ]  # fmt: skip
    assert made(world, report="cases", filter={}).stem == "ringlake-cases_open"
    assert [row["record_id"] for row in rows(world, report="cases", filter={}, options={"states": ["open"]})] == [
        "c:old"
    ]


def test_cases_of_dates_are_those_of_the_work_list(world: World) -> None:
    found = [case(f"c:{n}", NOON + timedelta(seconds=n), **MINE, party_key=f"k{n % 2}") for n in range(3)]
    kept = [{name: value for name, value in row.items() if name != "rang"} for row in found]
    world.lake.write(CASES, "acme", "2026-03-09", as_rows(CASES, kept), None)

    assert [row["record_id"] for row in rows(world, report="cases")] == ["c:2", "c:1", "c:0"]
    grouped = rows(world, report="cases", options={"group": "caller"})
    assert [(row["record_id"], row["cases"], row["case_ids"]) for row in grouped] == [
        ("c:2", "2", "c:2;c:0"), ("c:1", "1", "c:1"),
    ]  # fmt: skip


def test_customers_come_with_how_fast_they_were_answered(world: World) -> None:
    """demands.md D55."""
    lee: dict[str, Any] = {"party_key": "a" * 32, "contact_id": "lee", "remote_name": "Ms Lee", "business_number": "+1"}
    other: dict[str, Any] = {"party_key": "b" * 32, "business_number": "+1"}
    staff.keep(
        world,
        MESSAGES,
        [
            text("m:1", **lee),
            text(
                "m:2", **lee, direction="outbound", started_at=NOON + timedelta(seconds=90), is_outbound=1, is_inbound=0
            ),
            text("m:3", **other),
        ],
    )
    staff.keep(world, CALLS, [call("c:1", **lee, is_answered=1, talk_s=30)])
    found = {row["id"]: row for row in rows(world, report="contacts")}

    assert [*found] == ["lee", "b" * 32], "most contacts first"
    row = found["lee"]
    assert (row["name"], row["contacts"], row["calls_received"], row["talk_s"]) == ("Ms Lee", "3", "1", "30")
    assert (row["text_first_response_s"], row["text_first_response_s_n"], row["text_unanswered"]) == ("90", "1", "0")
    assert (found["b" * 32]["text_unanswered"], found["b" * 32]["text_first_response_s"]) == ("1", "")


def test_every_block_of_texts_is_a_row(world: World) -> None:
    party: dict[str, Any] = {"party_key": "a" * 32, "business_number": "+1"}
    texts = [text(f"m:{n}", **party, started_at=NOON + timedelta(days=-n)) for n in range(2)]
    staff.keep(world, MESSAGES, texts)
    found = rows(world, report="responses", filter={"from": "2026-03-08", "to": "2026-03-09"})

    assert [(row["message"], row["part"], row["state"]) for row in found] == [
        ("m:1", "first", "unanswered"), ("m:0", "first", "unanswered"),
    ]  # fmt: skip


def test_deals_are_those_of_their_list(world: World) -> None:
    quote: dict[str, Any] = {"state": "ordered", "brand": "Blue", "currency": "EUR", "is_quote": 1, "started_at": NOON}
    staff.keep(
        world,
        DEALS,
        [
            {**quote, "record_id": "d:1", "amount": Decimal("120.5"), **MINE},
            {**quote, "record_id": "d:2", "state": "quoted", "brand": "Red"},
        ],
    )

    assert [(row["id"], row["amount"], row["brand"]) for row in rows(world, report="deals")] == [
        ("d:1", "120.5000", "Blue"), ("d:2", "", "Red"),
    ]  # fmt: skip
    assert [row["id"] for row in rows(world, report="deals", options={"brands": ["Red"]})] == ["d:2"]
    assert [row["id"] for row in rows(world, "operator", report="deals")] == ["d:1"]


# --- charges and content


def charge(record_id: str, unit: str = "1", rating: int = 0, **fields: Any) -> dict[str, Any]:
    usual = {"record_id": record_id, "unit": unit, "rating": rating, "channel": "call", "started_at": NOON}
    return {**usual, "is_current": 1, "is_charge": 1, "cost_amount": Decimal("0.5"), "cost_currency": "EUR", **fields}


def test_charges_are_of_the_selected_calls_and_earlier_ratings_an_option(world: World) -> None:
    """features.md N5: both versions are kept and visible."""
    staff.keep(world, CALLS, [call("c:1"), call("c:2", user_id="anna")])
    staff.keep(world, MESSAGES, [text("m:1")])
    staff.keep(
        world,
        CHARGES,
        [
            charge("c:1", is_current=0, is_charge=0, per_minute=Decimal("0.0123456789")),
            charge("c:1", rating=1, cost_amount=Decimal("0.25"), number="+48600100200"),
            charge("c:2"),
            charge("m:1", channel="message"),
        ],
    )

    assert sorted(row["record_id"] for row in rows(world, report="charges")) == ["c:1", "c:2", "m:1"]
    mine = {**RANGE, "users": ["operator"], "channels": ["call"]}
    found = rows(world, report="charges", filter=mine, options={"ratings": "all"})
    assert [(row["rating"], row["cost_amount"], row["per_minute"], row["is_charge"]) for row in found] == [
        ("0", "0.5000", "0.0123456789", "0"), ("1", "0.2500", "", "1"),
    ]  # fmt: skip


def test_charges_are_for_those_who_may_see_costs(world: World) -> None:
    with pytest.raises(Forbidden, match="see_costs"):
        rows(world, "operator", report="charges")


def test_transcripts_are_read_from_the_events_line_by_line(world: World) -> None:
    world.directory.put_connection(Connection(id="c", workspace="acme", provider="generic"))
    at = datetime(2026, 3, 10, 12, tzinfo=UTC)
    for name in ("6", "7", "8"):
        put_call(world, f"c:{name}", transcript=True, facts=heard(), business_number_id="n1" if name != "8" else "n2")
    put_message(world, "c:text", business_number_id="n1")
    staff.keep(
        world,
        CALLS,
        [call(f"c:{name}", started_at=at, transcript=1, remote_number="+48600100200") for name in ("6", "7", "8")]
        + [call("c:none", started_at=at)],
    )
    staff.keep(world, MESSAGES, [text("c:text", started_at=at)])
    heard_in_call = {"call": {"id": "6", "transcript": {"text": "=Hello"}, "summary": "Short"}}
    world.journal.put(event(subject("c:6"), 1, type="call.transcript", data=heard_in_call))
    about = subject("c:text", kind=type(subject("c:1").kind)("message"))
    world.journal.put(event(about, 1, type="message.received", data={"message": {"id": "text", "text": "Hi there"}}))
    found = rows(world, report="transcripts")

    assert [(row["record_id"], row["part"], row["line_no"], row["text"]) for row in found] == [
        ("c:6", "transcript", "1", "'=Hello"),
        ("c:6", "summary", "1", "Short"),
        ("c:text", "message", "1", "Hi there"),
    ]
    assert found[0]["remote_number"] == "'+48600100200"


def test_texts_that_left_the_journal_come_from_one_pass_over_the_archive(world: World) -> None:
    world.directory.put_connection(Connection(id="c", workspace="acme", provider="generic"))
    names = [f"c:{n}" for n in range(450)]
    keys = []
    for name in names:
        put_call(world, name, transcript=True, facts=heard())
        one = event(subject(name), 1, type="call.transcript", data={"call": {"id": name, "transcript": {"text": name}}})
        world.journal.put(one)
        keys.append((one.subject.key, one.event_id))
    staff.keep(world, CALLS, [call(name, transcript=1) for name in names])
    archive(keys[:-5], journal=world.journal, raw=world.raw)
    for key, _ in keys[:-5]:
        del world.journal.items[key]
    opened: list[str] = []

    class Watched:
        def __getattr__(self, name: str) -> Any:
            opened.append(name)
            return getattr(world.raw, name)

    job = ordered(world, report="transcripts")
    watched = dataclasses.replace(world.sources(), raw=Watched())
    made_of = content(job, world.directory.load("acme"), world.viewer("owner").user, watched)
    told = [text for batch in made_of.sheet.batches for text in batch.parts[0].columns["text"].to_pylist()]  # type: ignore[union-attr]

    assert sorted(told) == sorted(names)
    assert opened.count("list") == 1


def test_content_needs_its_right(world: World) -> None:
    world.change("manager", without=(Ability.SEE_CONTENT,))
    with pytest.raises(Forbidden, match="see_content"):
        rows(world, "manager", report="transcripts")


def test_a_record_that_left_the_scope_since_the_lake_was_written_is_left_out(world: World) -> None:
    world.directory.put_connection(Connection(id="c", workspace="acme", provider="generic"))
    put_call(world, "c:6", transcript=True, facts=heard(), business_number_id="n2")
    staff.keep(world, CALLS, [call("c:6", transcript=1)])
    said = {"call": {"id": "6", "transcript": {"text": "Hello"}}}
    world.journal.put(event(subject("c:6"), 1, type="call.transcript", data=said))

    assert len(rows(world, report="transcripts")) == 1
    assert rows(world, "member", report="transcripts") == []
