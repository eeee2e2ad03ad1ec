"""Status time in plain SQL: sums by local date are right without knowing zones (features.md R29, R32)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import msgspec
import pytest

from ringlake.model.facts import PresenceFact, PresenceStatus
from ringlake.model.subjects import presence_subject_id
from tests.unit.presence.house import FIRST, WORKSPACE, House, Step, presence


@pytest.mark.parametrize(
    ("zone", "changing", "length"),
    [
        ("Europe/Warsaw", date(2026, 3, 29), 82_800),
        ("Europe/Warsaw", date(2026, 10, 25), 90_000),
        ("America/St_Johns", date(2026, 3, 8), 82_800),
        ("Australia/Lord_Howe", date(2026, 4, 5), 88_200),
        ("Asia/Kathmandu", date(2026, 3, 4), 86_400),
    ],
)
def test_the_four_statuses_of_each_day_sum_to_its_real_length(
    zone: str, changing: date, length: int, tmp_path: Path
) -> None:
    house = House()
    house.directory.put_workspace(msgspec.structs.replace(WORKSPACE, zone=zone))
    assert FIRST["u-anna"].accounts[0].id == "A"
    morning = datetime.combine(changing, datetime.min.time(), ZoneInfo(zone)) + timedelta(hours=9, milliseconds=900)
    house.now = morning + timedelta(days=5)
    said: dict[str, list[PresenceFact]] = {}
    for day in (-1, 0, 1):
        for minutes, word in ((0, "online"), (61.5, "talking"), (63.25, "online"), (480, "offline")):
            at = morning + timedelta(days=day, minutes=minutes)
            fact = PresenceFact(account="A", status=PresenceStatus(word), raw=word, at=at, received_at=at)
            said.setdefault(presence_subject_id("A", at), []).append(fact)
    for key, facts in said.items():
        house.take(Step(house.now, presence(key, facts)))
    house.roll_up()
    for name, body in house.objects.bodies.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(body)

    found = (
        duckdb.connect()
        .execute(
            f"""
        select local_date, sum(talking_s), sum(online_s), sum(talking_s + online_s + dnd_s + offline_s) as whole
        from read_parquet('{tmp_path}/presence/*/*/data.parquet')
        where user_id = 'u-anna' and local_date between date '{changing}' - 1 and date '{changing}' + 1
        group by local_date order by local_date
        """
        )
        .fetchall()
    )

    assert found == [
        (changing - timedelta(days=1), 105, 28_695, 86_400),
        (changing, 105, 28_695, length),
        (changing + timedelta(days=1), 105, 28_695, 86_400),
    ]
