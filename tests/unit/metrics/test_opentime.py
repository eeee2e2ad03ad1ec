"""Open hours of whole columns are those of single instants (demands.md D10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringlake.metrics.opentime import OpenTime
from ringlake.model.directory import Hours, Schedule, Workspace
from ringlake.model.hours import open_ms

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = ("UTC", "Europe/Warsaw", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham")
# Around a change of clocks in each of them.
STARTS = tuple(
    datetime(2026, month, 1, tzinfo=UTC) + timedelta(days=d) for month, d in ((3, 6), (3, 26), (4, 2), (9, 25))
)
DAY, NIGHT = [("09:00", "12:15"), ("13:07", "18:00")], [("22:30", "02:30")]
HOURS = (
    Hours(),
    Hours(weekly={str(d): DAY for d in range(1, 6)}),
    Hours(weekly={str(d): NIGHT for d in range(1, 8)}, holidays=("2026-03-29", "2026-04-05")),
    Hours(weekly={"7": [("00:00", "24:00")]}),
)
SCHEDULES = (
    (),
    (Schedule(hours=HOURS[2], team="t1"),),
    (Schedule(hours=HOURS[1], team="t1"), Schedule(hours=HOURS[2], number="n1", valid_from="2026-03-30")),
)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(HOURS),
    st.sampled_from(SCHEDULES),
    st.sampled_from(STARTS),
    st.lists(
        st.tuples(
            st.integers(0, 10 * 86_400_000),
            st.none() | st.integers(-86_400_000, 4 * 86_400_000),
            st.sampled_from(["", "t1", "t2"]),
            st.sampled_from(["", "n1", "n2"]),
        ),
        min_size=1,
        max_size=12,
    ),
)
@example("UTC", HOURS[1], (), STARTS[0], [(0, 0, "", "")])
def test_columns_and_instants_agree(
    zone: str, hours: Hours, schedules: tuple[Schedule, ...], start: datetime, rows: list[tuple[int, Any, str, str]]
) -> None:
    workspace = Workspace(id="acme", name="Acme", zone=zone, hours=hours, schedules=schedules)
    begin = (start - EPOCH) // timedelta(milliseconds=1)
    froms = [begin + since for since, *_ in rows]
    tos = [None if lasts is None else begin + since + lasts for since, lasts, *_ in rows]
    clock = OpenTime(workspace, start - timedelta(days=1), start + timedelta(days=15))
    found = clock.between(
        pa.array(froms, pa.int64()),
        pa.array(tos, pa.int64()),
        pa.array([team for *_, team, _ in rows]),
        pa.array([number for *_, number in rows]),
    )

    def instant(ms: int) -> datetime:
        return EPOCH + timedelta(milliseconds=ms)

    assert found.to_pylist() == [
        None if to is None else open_ms(workspace, instant(at), instant(to), team, number)
        for at, to, (*_, team, number) in zip(froms, tos, rows, strict=True)
    ]
