"""Whose file holds what: hidden columns, scope and abilities count in every report and format (demands.md D74)."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest

from ringlake.errors import Forbidden
from ringlake.flows.exports import REPORTS, content
from ringlake.flows.exports.chart import CHARTS
from ringlake.model.directory import Ability, Connection
from ringlake.model.jobs import Format, JobState
from ringlake.model.tables import CALLS, CASES, CHARGES, DEALS, LEGS, MESSAGES, Table
from tests.unit.answers import staff
from tests.unit.answers.test_detail import event, heard, put_call, subject

from .files import RANGE, body, ordered
from .world import NOW, World

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
# What must not be in a file of who may not see it, and cannot be there by chance.
NUMBER, DIALLED, NAME, FIRM, COST = "600100200", "600700800", "Quetzal", "Xylophone Ltd", "7317.1973"
THEIRS = "Zebediah"
HIDDEN = {
    Ability.SEE_NUMBERS: (NUMBER, DIALLED),
    Ability.SEE_NAMES: (NAME, FIRM),
    Ability.SEE_COSTS: (COST, "7317"),
}


@pytest.fixture(scope="module")
def world() -> World:
    """One call of the operator and one of somebody else, with everything that may be hidden in every table."""
    world = staff.company()
    world.directory.put_connection(Connection(id="c", workspace="acme", provider="generic"))
    for name, user, who in (("c:1", "operator", NAME), ("c:2", "boris", THEIRS)):
        row: dict[str, Any] = {
            "record_id": name, "connection": "c", "user_id": user, "team_id": "t1" if user == "operator" else "t2",
            "started_at": AT, "direction": "inbound", "kind": "voice", "campaign": "Spring", "outcome": "answered",
            "remote_number": f"+48{NUMBER}", "remote_name": who, "significant": FIRM, "final_number": f"+48{DIALLED}",
            "cost_amount": Decimal(COST), "cost_currency": "PLN", "home_amount": Decimal(COST), "home_currency": "PLN",
            "cost_source": "tariff", "party_key": name[-1] * 32, "is_call": 1, "is_inbound": 1, "is_answered": 1,
            "is_message": 1, "status": "received", "transcript": 1, "number": f"+48{DIALLED}", "value": f"+48{DIALLED}",
            "is_open": 1, "state": "open", "misses": 1, "miss_ids": name, "case_source": "missed", "is_case": 1,
            "opened_at": AT, "last_missed_at": AT, "unit": "1", "rating": 0, "is_current": 1, "is_charge": 1,
            "channel": "call", "row_kind": "step", "seq": 1, "is_deal": 1, "is_quote": 1, "brand": "Blue",
        }  # fmt: skip
        for table in (CALLS, MESSAGES, LEGS, CASES, CHARGES, DEALS):
            _keep(world, table, {**row, "state": "quoted"} if table is DEALS else row)
        fields = {"user_id": user, "name": ""}
        put_call(world, name, transcript=True, facts=heard(), user=_party(**fields), remote_number=f"+48{NUMBER}")
        said = {"call": {"id": name[2:], "transcript": {"text": f"Word {who}"}}}
        world.journal.put(event(subject(name), 1, type="call.transcript", data=said))
    return world


def _party(**fields: str) -> Any:
    from ringlake.model.calls import Party

    return Party(**fields)


def _keep(world: World, table: Table, row: dict[str, Any]) -> None:
    day = "2026-03-09"
    before = world.lake.read(table, "acme", day).rows.to_pylist()
    known = [{**one, "started_at": one["started_at"].replace(tzinfo=UTC)} for one in before]
    own = {name: value for name, value in row.items() if name in table.names}
    staff.keep(world, table, [*known, own])


def texts(data: bytes, form: Format) -> str:
    """All that is written in a file, as text."""
    if form is Format.PARQUET:
        return str(pq.read_table(io.BytesIO(data)).to_pylist())
    if form is Format.XLSX:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return data.decode()


def requests() -> list[dict[str, Any]]:
    plain = [{"report": name} for name in REPORTS if name not in ("chart", "transcripts")]
    spent = {"chart": "breakdown", "by": "user", "metrics": ["calls"]}
    charts = [{"report": "chart", "options": spent if name == "breakdown" else {"chart": name}} for name in CHARTS]
    profiles = [{"profile": name} for name in REPORTS["interactions"].profiles]
    return [*plain, *charts, *profiles, {"report": "detailed", "options": {"paths": "all"}}]


@pytest.mark.parametrize("asked", requests(), ids=str)
@pytest.mark.parametrize("form", [Format.CSV, Format.PARQUET])
def test_no_report_shows_what_is_hidden(world: World, asked: dict[str, Any], form: Format) -> None:
    for ability, words in HIDDEN.items():
        world.change("operator", role="admin", without=(ability,), teams=("t1",))
        if ability in REPORTS[asked.get("report", "interactions")].needs:
            continue
        found = texts(body(world, "operator", filter=RANGE, format=form.value, **asked), form)
        for word in words:
            assert word not in found, ability


def test_they_would_be_there_for_who_may_see_them(world: World) -> None:
    """The test above can fail."""
    world.change("operator", role="admin", without=(), teams=("t1",))
    everything = "".join(texts(body(world, "operator", filter=RANGE, **asked), Format.CSV) for asked in requests())

    for words in HIDDEN.values():
        for word in words:
            assert word in everything


def test_a_workbook_hides_as_much(world: World) -> None:
    for ability, words in HIDDEN.items():
        world.change("operator", role="admin", without=(ability,), teams=("t1",))
        found = texts(body(world, "operator", filter=RANGE, format="xlsx", profile="full"), Format.XLSX)
        assert not [word for word in words if word in found]


@pytest.mark.parametrize("report", [name for name in REPORTS if name not in ("chart", "charges")])
def test_no_report_shows_what_is_out_of_scope(world: World, report: str) -> None:
    """features.md W9, W13."""
    world.change("operator", role="operator", without=(), teams=("t1",))
    found = texts(body(world, "operator", report=report, filter=RANGE), Format.CSV)

    assert THEIRS not in found
    assert "c:2" not in found
    assert "boris" not in found


ROWS = ("interactions", "detailed", "legs", "messages", "charges", "transcripts")


@pytest.mark.parametrize("report", ROWS)
def test_days_of_rows_are_read_one_at_a_time(world: World, report: str) -> None:
    """Memory holds a day, whatever the range."""
    read: list[str] = []

    class Watched:
        def __getattr__(self, name: str) -> Any:
            method = getattr(world.lake, name)

            def called(table: Table, workspace: str, day: str, *more: Any) -> Any:
                read.append(day)
                return method(table, workspace, day, *more)

            return called

    job = ordered(world, report=report, filter={"from": "2026-03-08", "to": "2026-03-12"})
    watched = dataclasses.replace(world.sources(), lake=Watched())
    made = content(job, world.directory.load("acme"), world.viewer("owner").user, watched)
    batches = iter(made.sheet.batches)
    next(batches)

    assert read
    assert max(read) == "2026-03-09"
    assert made.share is not None
    assert 0 < made.share() < 1
    list(batches)
    assert max(read) == "2026-03-12"
    assert made.share() == 1


def test_a_file_of_texts_is_closed_when_the_right_to_content_is_taken_away(world: World) -> None:
    world.now = NOW
    job_id = world.desk.export(world.viewer("owner"), {"report": "transcripts", "filter": RANGE}, NOW).id
    world.run(job_id)
    assert world.job(job_id).state is JobState.READY
    assert world.desk.link(world.viewer("owner"), job_id, NOW + timedelta(seconds=1)).url
    world.change("owner", role="admin", without=(Ability.SEE_CONTENT,))
    with pytest.raises(Forbidden, match="see_content"):
        world.desk.link(world.viewer("owner"), job_id, NOW)
    world.change("owner", role="owner", without=())
