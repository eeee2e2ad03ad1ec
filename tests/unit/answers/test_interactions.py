"""The list of interactions: both channels in one line, page by page."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ringlake.errors import Forbidden, InvalidRequest, PlanTooLow
from ringlake.files.labels import type_of
from ringlake.files.profiles import PROFILES
from ringlake.flows.answers.interactions import Interactions, ListQuery
from ringlake.flows.answers.listed import COLUMNS, USUAL, needed, shown
from ringlake.model.base import to_json
from ringlake.model.directory import Ability
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.query.filters import parse
from ringlake.query.kinds import KINDS
from tests.unit.export.world import FILTER, World
from tests.unit.query.lake_rows import calls, messages

WARSAW = ZoneInfo("Europe/Warsaw")
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World()


def page(world: World, user: str = "owner", workspace: str = "acme", **asked: Any) -> Interactions:
    query = parse(ListQuery, asked if "preset" in asked else {**FILTER, **asked})
    return world.answers.interactions.page(world.viewer(user, workspace), query, world.now)


def ids(found: Interactions) -> list[Any]:
    return [row.record_id for row in found.rows]


def test_calls_and_messages_stand_in_one_line_newest_first(world: World) -> None:
    found = page(world)

    # The night call of the 8th began on the 9th in Warsaw; of one instant the call comes first.
    assert ids(found) == ["c:group", "c:2", "c:1", "m:1", "c:night"]
    assert [row.channel for row in found.rows][2:4] == ["call", "message"]
    assert (found.next, found.count) == (None, None)


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_add_up_to_the_list_and_only_the_last_has_no_cursor(world: World, limit: int) -> None:
    found: list[Any] = []
    cursor, pages = "", 0
    while True:
        one = page(world, limit=limit, **({"cursor": cursor} if cursor else {}))
        found, pages = found + ids(one), pages + 1
        if one.next is None:
            break
        cursor = one.next

    assert found == ["c:group", "c:2", "c:1", "m:1", "c:night"]
    assert pages == -(-5 // limit)


def test_the_count_is_of_the_whole_filter(world: World) -> None:
    found = page(world, limit=2, count=True)

    assert (found.count, len(found.rows)) == (5, 2)
    assert page(world, limit=2, count=True, cursor=found.next).count == 5
    assert page(world, count=True, channels=["message"]).count == 1


def test_what_comes_in_meanwhile_moves_nothing(world: World) -> None:
    first = page(world, limit=2)
    rows, etag = world.lake.read(CALLS, "acme", "2026-03-09")
    late = {"started_at": datetime(2026, 3, 9, 23, tzinfo=UTC), "business_number_id": "n1"}
    same = {"started_at": datetime(2026, 3, 9, 9, tzinfo=UTC), "record_id": "c:0"}
    import pyarrow as pa

    world.lake.write(
        CALLS, "acme", "2026-03-09", pa.concat_tables([rows, calls({**late, "record_id": "c:newest"}, same)]), etag
    )

    # `c:0` began with `c:2` and stands before it by its id: it is of the first page, which is over.
    assert ids(page(world, limit=10, cursor=first.next)) == ["c:1", "m:1", "c:night"]


def test_without_dates_the_latest_fifty_are_shown(world: World) -> None:
    query = parse(ListQuery, {})

    assert (query.limit, ids(world.answers.interactions.page(world.viewer("operator"), query, world.now))) == (
        50,
        ["c:late", "c:group", "c:1", "c:night"],
    )


def test_a_preset_means_the_dates_of_the_first_page_past_midnight(world: World) -> None:
    first = page(world, preset="last_7_days", limit=1)
    world.wait(86_400 * 6)
    rest = page(world, preset="last_7_days", limit=10, cursor=first.next)

    assert ids(first) + ids(rest) == ["c:late", "c:group", "c:2", "c:1", "m:1", "c:night"]
    assert (rest.meta.from_date, rest.meta.to_date) == (date(2026, 3, 5), date(2026, 3, 11))


def test_a_range_of_rows_has_three_months_at_most(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        page(world, preset="last_12_months")

    assert refused.value.field == "preset"


# --- cursors


def altered(cursor: str) -> list[str]:
    """The cursor with one thing wrong."""
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    flipped = []
    for at in (0, 15, 16, len(raw) - 1):
        other = bytearray(raw)
        other[at] ^= 1
        flipped.append(base64.urlsafe_b64encode(bytes(other)).rstrip(b"=").decode())
    return [*flipped, cursor[:-1], cursor + "A", cursor[:10], "x", "ż", cursor + "=", " ".join(cursor[:8]), "A" * 4000]


def test_an_altered_cursor_is_refused_by_name(world: World) -> None:
    cursor = page(world, limit=1).next
    assert cursor is not None

    for wrong in altered(cursor):
        with pytest.raises(InvalidRequest) as refused:
            page(world, limit=1, cursor=wrong)
        assert refused.value.field == "cursor"


@pytest.mark.parametrize(
    ("user", "workspace", "asked"),
    [
        ("manager", "acme", {}),
        ("owner", "rival", {}),
        ("owner", "acme", {"outcomes": ["busy"]}),
        ("owner", "acme", {"to": "2026-03-11"}),
    ],
)
def test_a_cursor_opens_nobody_elses_list_and_no_other(
    world: World, user: str, workspace: str, asked: dict[str, Any]
) -> None:
    cursor = page(world, limit=1).next

    with pytest.raises(InvalidRequest) as refused:
        page(world, user, workspace, limit=1, cursor=cursor, **asked)

    assert refused.value.field == "cursor"


def test_a_cursor_ends_with_the_rights_that_it_was_made_under(world: World) -> None:
    cursor = page(world, "manager", limit=1).next
    world.change("manager", manages=("t2",))

    with pytest.raises(InvalidRequest) as refused:
        page(world, "manager", limit=1, cursor=cursor)

    assert refused.value.field == "cursor"


def test_how_many_rows_and_which_columns_may_change_from_page_to_page(world: World) -> None:
    first = page(world, limit=1)

    assert ids(page(world, limit=2, columns=["record_id"], cursor=first.next)) == ["c:2", "c:1"]


# --- columns


def test_only_the_columns_asked_for_are_there_and_in_the_document(world: World) -> None:
    found = page(world, columns=["status", "record_id"], limit=1)

    assert found.columns == ("status", "record_id")
    assert msgspec.json.decode(msgspec.json.encode(found))["rows"] == [{"record_id": "c:group", "status": "Missed"}]


def test_an_unknown_column_is_named(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        page(world, columns=["record_id", "raw_body"])

    assert refused.value.errors == (("columns.1", "there is no such column"),)


def test_the_usual_columns_hold_those_of_the_activity_file() -> None:
    # Two are lists here and joined text there; nothing else differs by name.
    assert {field.name for field in PROFILES["ringlake"].fields} <= set(USUAL)
    assert set(USUAL) <= set(COLUMNS)


def of_call(*names: str, **fields: Any) -> Any:
    row = calls({"started_at": AT, **fields}).to_pylist()[0]
    return _values(CALLS, row, names)


def of_message(*names: str, **fields: Any) -> Any:
    row = messages({"started_at": AT, **fields}).to_pylist()[0]
    return _values(MESSAGES, row, names)


def _values(table: Any, row: dict[str, Any], names: tuple[str, ...]) -> Any:
    # Only what the columns say that they need is there.
    read = {name: row[name] for name in needed(table, names)}
    found = [getattr(shown(table, read, names, WARSAW), name) for name in names]
    return found[0] if len(found) == 1 else tuple(found)


@pytest.mark.parametrize("table", [CALLS, MESSAGES])
def test_every_column_has_a_value_of_an_empty_row(table: Any) -> None:
    for name in COLUMNS:
        (of_call if table is CALLS else of_message)(name)


STATUSES = [
    ({"outcome": "answered"}, "Completed", "ANSWERED", "inbound"),
    ({"outcome": "caller_abandoned"}, "Cancelled", "NO_ANSWER", "missed"),
    ({"outcome": "voicemail"}, "Missed", "NO_ANSWER", "missed"),
    ({"outcome": "busy", "direction": "outbound"}, "Missed", "BUSY", "outbound"),
    ({"outcome": "failed", "direction": "outbound"}, "Missed", "FAILED", "outbound"),
    ({"outcome": "outbound_aborted", "direction": "outbound"}, "Ringing", "NO_ANSWER", "outbound"),
    ({"outcome": "", "live": "ringing"}, "In progress", "RINGING", "inbound"),
]


@pytest.mark.parametrize(("fields", "label", "code", "kind"), STATUSES)
def test_a_status_has_a_label_a_code_and_a_kind_to_show(
    fields: dict[str, Any], label: str, code: str, kind: str
) -> None:
    assert of_call("status", "status_code", "display_kind", **fields) == (label, code, kind)


def test_statuses_of_messages() -> None:
    assert of_message("status", "status_code", status="undelivered") == ("Undelivered", "UNDELIVERED")
    assert of_message("status", "status_code", status="pending") == ("Pending", "PENDING")
    assert of_message("status_detail", status_detail="rejected", error_code="30003") == "rejected: 30003"


TYPES = [
    ("call", "voice", "inbound", "", "call_inbound"),
    ("call", "campaign", "inbound", "Spring", "call_inbound_campaign"),
    ("call", "voice", "outbound", "Spring", "call_outbound"),
    ("call", "voice", "internal", "", "call_internal"),
    ("call", "voice", "", "", "voice"),
    ("call", "mobile_app", "outbound", "", "mobile_app_outbound"),
    ("call", "classifier", "inbound", "", "classifier"),
    ("message", "mms", "outbound", "", "sms_outbound"),
    ("message", "email", "inbound", "", "email_inbound"),
    ("message", "chat", "inbound", "", "chat"),
]


@pytest.mark.parametrize(("channel", "kind", "direction", "campaign", "code"), TYPES)
def test_a_type_is_a_code_of_the_filter(channel: str, kind: str, direction: str, campaign: str, code: str) -> None:
    assert type_of(channel, kind, direction, campaign) == code
    assert code in KINDS or code == "call_internal"


def test_source_and_destination_follow_the_direction() -> None:
    ends = {"remote_number": "+48600100200", "business_number": "+48221230001", "entry_number": "+48800100100"}

    both = ("source_number", "destination_number")
    assert of_call(*both, **ends) == ("+48600100200", "+48800100100")
    assert of_call(*both, **ends, direction="outbound") == ("+48221230001", "+48600100200")
    del ends["entry_number"]
    assert of_message(*both, **ends) == ("+48600100200", "+48221230001")


def test_the_agent_is_empty_when_nobody_talked_to_the_customer() -> None:
    owner = {"user_id": "u1", "user_name": "Una", "direction": "outbound"}

    assert of_call("agent_name", "user_name", **owner, answered_at=None) == ("", "Una")
    assert of_call("agent_name", "agent_id", **owner, answered_at=AT) == ("Una", "u1")


def test_connected_time_is_menu_queue_and_conversation_and_never_less_than_the_conversation() -> None:
    phases = {"ivr_s": 10, "wait_s": 20, "talk_s": 60}

    assert of_call("total_connected_s", "talk_s", **phases, queued_at=AT) == (90, 60)
    assert of_call("total_connected_s", **phases) == 70
    assert of_call("total_connected_s") is None


def test_dialling_is_of_outgoing_calls_alone() -> None:
    ringing, answered = AT + timedelta(milliseconds=2400), AT + timedelta(milliseconds=8500)
    times = {"ringing_at": ringing, "answered_at": answered, "ended_at": AT + timedelta(minutes=1)}

    assert of_call("dialling_s", "post_dial_delay_s", **times, direction="outbound") == (9, 2.4)
    assert of_call("dialling_s", "post_dial_delay_s", **times) == (None, None)
    unanswered = {**times, "answered_at": None, "direction": "outbound"}
    assert of_call("dialling_s", **unanswered) == 60


def test_times_are_told_in_utc_and_in_the_zone() -> None:
    utc, local, zone = of_call("started_at_utc", "started_at_local", "timezone")

    assert (utc, local.isoformat(), zone) == (AT, "2026-03-10T13:00:00+01:00", "Europe/Warsaw")


def test_what_people_said_and_what_became_of_it() -> None:
    fields = {"is_unique": 1, "is_target": 1, "is_no_success": 1, "is_candidate": 1, "is_recovered": 0, "tags": "a;vip"}

    assert of_call("labels", "success", "recovered_flag", "tags", **fields) == (
        ["unique", "target"],
        False,
        False,
        ["a", "vip"],
    )
    assert of_call("success", "recovered_flag") == (None, None)


def test_money_is_a_decimal_text_and_hidden_without_the_right(world: World) -> None:
    etag = world.lake.etag(CALLS, "acme", "2026-03-10")
    costly = {"record_id": "c:late", "started_at": AT, "business_number_id": "n1", "cost_amount": Decimal("0.1250")}
    world.lake.write(CALLS, "acme", "2026-03-10", calls({**costly, "cost_currency": "EUR"}), etag)
    asked: dict[str, Any] = {"columns": ["cost_amount", "cost_currency"], "limit": 1}

    assert b'{"cost_amount":"0.1250","cost_currency":"EUR"}' in to_json(page(world, **asked))
    hidden = page(world, "member", **asked).rows[0]
    assert (hidden.cost_amount, hidden.cost_currency) == (None, "")


# --- scope


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        ("operator", ["c:group", "c:1", "c:night"]),
        ("manager", ["c:1", "m:1", "c:night"]),
        ("member", ["c:1", "m:1", "c:night"]),
        ("other", ["c:2"]),
    ],
)
def test_everybody_sees_and_counts_the_rows_of_the_scope(world: World, user: str, seen: list[str]) -> None:
    found = page(world, user, count=True)

    assert (ids(found), found.count) == (seen, len(seen))


def test_a_number_that_may_not_be_seen_may_not_be_asked_for(world: World) -> None:
    world.change("member", without=(Ability.SEE_NUMBERS,))

    with pytest.raises(Forbidden):
        page(world, "member", remote="600100200")
    with pytest.raises(Forbidden):
        page(world, "other", numbers=["n1"])


def test_a_plan_without_analytics_gets_no_list(world: World) -> None:
    world.directory.put_workspace(msgspec.structs.replace(world.directory.settings("acme"), plan="starter"))

    with pytest.raises(PlanTooLow):
        page(world)


# --- what is read


def test_a_full_page_reads_no_older_days(world: World) -> None:
    read: list[tuple[str, tuple[str, ...]]] = []
    answers = world.answers.interactions
    rows = answers._facts.rows

    def watched(table: Any, query: Any, columns: Any) -> Any:
        read.append((table.name, query.days))
        return rows(table, query, columns)

    answers._facts.rows = watched  # type: ignore[method-assign]
    query = parse(ListQuery, {"from": "2026-02-01", "to": "2026-03-10", "limit": 1})
    answers.page(world.viewer("owner"), query, world.now)

    # Two keys are looked for, to know whether more follow: the newest day has one, the four before it the rest.
    assert {day for _, days in read for day in days} == {f"2026-03-{day:02}" for day in (6, 7, 8, 9, 10)}
