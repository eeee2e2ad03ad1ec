"""Ten weeks of a company's tables, made by dice: every column that a finance report reads, and strangers beside it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from ringlake.model.tables import (
    CALLS,
    CASES,
    CHARGES,
    CLOSED_CHARGES,
    CLOSINGS,
    LEGS,
    MESSAGES,
    PRESENCE,
    RECONCILIATIONS,
    Table,
)
from ringlake.stores.lake import ObjectLake, as_rows
from ringlake.stores.objects import MemoryObjects

type Row = dict[str, Any]

ZONE = ZoneInfo("Australia/Adelaide")  # +10:30, from the first Sunday of April +9:30: local days are far from UTC days
START = datetime(2026, 2, 20, tzinfo=UTC)
DAYS = 55
# The range cuts weeks and months at both ends, and holds March whole.
FIRST, LAST = date(2026, 2, 25), date(2026, 4, 9)
MARCH = date(2026, 3, 1)
TEAMS = {"": "", "t-1": "Sales", "t-2": "Service"}
USERS = {"": "", "u-anna": "Anna", "u-bo": "Bo", "u-cy": "Cy"}
CUSTOMERS = [f"k{n:03}" for n in range(160)]
TABLES: tuple[Table, ...] = (
    CALLS, MESSAGES, LEGS, CASES, PRESENCE, CHARGES, RECONCILIATIONS, CLOSINGS, CLOSED_CHARGES
)  # fmt: skip


def row(table: Table, **values: Any) -> Row:
    """A row with nothing in it but these values: texts empty, flags 0, the rest unknown."""
    kinds = {"string": "", "int": None, "bigint": None}
    usual = {c.name: 0 if c.name.startswith("is_") else kinds.get(c.type) for c in table.columns}
    assert values.keys() <= usual.keys(), values.keys() - usual.keys()
    return usual | values


class Books:
    """`rows` are those of workspace acme by table; the objects hold those of another one too."""

    def __init__(self) -> None:
        self.rows = _company(1)
        self.objects = MemoryObjects()
        lake = ObjectLake(self.objects)
        for workspace, tables in (("acme", self.rows), ("zeta", _company(2))):
            for table in TABLES:
                days: dict[str, list[Row]] = {}
                for one in tables[table.name]:
                    days.setdefault(one["_day"], []).append(one)
                for day, mine in sorted(days.items()):
                    lake.write(table, workspace, day, as_rows(table, mine), None)

    def of(self, table: Table, first: date = FIRST, last: date = LAST, by: str = "local_date") -> list[Row]:
        return [one for one in self.rows[table.name] if first <= one[by] <= last]


@cache
def books() -> Books:
    return Books()


def _company(seed: int) -> Mapping[str, list[Row]]:
    dice = random.Random(seed)
    calls = list(_calls(dice))
    messages = list(_messages(dice))
    presence = list(_presence(dice))
    charges = list(_charges(dice, calls, messages))
    closed, lines = _closed(dice, charges, calls, messages)
    return {
        CALLS.name: calls,
        MESSAGES.name: messages,
        LEGS.name: list(_legs(dice, presence)),
        CASES.name: list(_cases(dice)),
        PRESENCE.name: presence,
        CHARGES.name: charges,
        RECONCILIATIONS.name: list(_reconciliations(dice)),
        CLOSED_CHARGES.name: closed,
        CLOSINGS.name: lines,
    }


def _moment(dice: random.Random) -> datetime:
    return START + timedelta(milliseconds=dice.randrange(DAYS * 86_400_000))


def _when(at: datetime) -> Row:
    """A start as the tables have it, and the UTC day of the object."""
    local = at.astimezone(ZONE)
    return {
        "started_at": at.replace(tzinfo=None),
        "local_date": local.date(),
        "local_hour": local.hour,
        "local_weekday": local.isoweekday(),
        "_day": f"{at:%Y-%m-%d}",
    }


def _row(table: Table, at: datetime, **values: Any) -> Row:
    when = _when(at)
    shown = {name: value for name, value in when.items() if name in table.names}
    return row(table, **shown, **values) | {"_day": when["_day"]}


def _cost(dice: random.Random) -> Row:
    """Known in three cases of four; a charge in dollars is worth something unless the rate is missing."""
    if dice.random() < 0.25:
        return {}
    amount = Decimal(dice.randrange(1, 30_000)) / 10_000
    currency = dice.choice(["EUR", "EUR", "EUR", "USD"])
    if currency == "EUR":
        return {"cost_amount": amount, "cost_currency": "EUR", "home_amount": amount, "home_currency": "EUR"}
    known = {"cost_amount": amount, "cost_currency": "USD"}
    if dice.random() < 0.3:
        return known
    return known | {"home_amount": (amount * 9 / 10).quantize(Decimal("0.0001")), "home_currency": "EUR"}


def _people(dice: random.Random) -> Row:
    user, team = dice.choice(list(USERS)), dice.choice(list(TEAMS))
    return {"user_id": user, "user_name": USERS[user], "team_id": team, "team_name": TEAMS[team]}


def _party(dice: random.Random) -> Row:
    # Some customers ring far more often than others.
    key = dice.choice(["", *CUSTOMERS[:20], *CUSTOMERS])
    number = f"+48600000{key[1:]}" if key else "anonymous"
    return {"party_key": key, "remote_number": number, "remote_name": f"Customer {key}" if key else ""}


def _numbers(dice: random.Random) -> Row:
    number = dice.choice(["+61800000001", "+61800000002"])
    return {
        "business_number": number,
        "business_number_name": f"Line {number[-1]}",
        "remote_country": dice.choice(["PL", "DE", ""]),
        "connection": dice.choice(["line", "pbx"]),
    }


def _calls(dice: random.Random) -> Iterator[Row]:
    for n in range(1500):
        at = _moment(dice)
        direction = dice.choice(["inbound", "inbound", "outbound", "internal"])
        answered = dice.random() < 0.6
        is_call, spam = dice.random() < 0.95, dice.random() < 0.06
        # As rows are made: what is no call is nothing else, and spam is never offered (metrics/rows.py).
        inbound, outbound = is_call and direction == "inbound", is_call and direction == "outbound"
        answered = answered and is_call
        offered = inbound and not spam and dice.random() < 0.8
        missed = offered and not answered and dice.random() < 0.7
        candidate = inbound and not answered and dice.random() < 0.7
        recovered = candidate and dice.random() < 0.5
        yield _row(
            CALLS,
            at,
            record_id=f"line:c{n}",
            direction=direction,
            **_numbers(dice),
            **_people(dice),
            **_party(dice),
            **_cost(dice),
            source=dice.choice(["", "Web", "Leaflet"]),
            source_campaign=dice.choice(["", "Spring"]),
            talk_s=dice.randrange(600) if answered and dice.random() < 0.95 else None,
            wait_s=dice.randrange(60) if offered and dice.random() < 0.95 else None,
            is_call=int(is_call),
            is_spam=int(spam),
            is_inbound=int(inbound),
            is_outbound=int(outbound),
            is_internal=int(is_call and direction == "internal"),
            is_answered=int(answered),
            is_offered=int(offered),
            is_missed=int(missed),
            is_short_abandon=int(offered and not answered and not missed and dice.random() < 0.5),
            is_answered_offered=int(offered and answered),
            is_within_service=int(offered and answered and dice.random() < 0.7),
            is_callback_requested=int(offered and not answered and not missed and dice.random() < 0.2),
            is_aborted=int(outbound and not answered and dice.random() < 0.3),
            is_busy=int(outbound and not answered and dice.random() < 0.3),
            is_failed=int(outbound and not answered and dice.random() < 0.1),
            is_candidate=int(candidate),
            is_recovered=int(recovered),
            is_reached=int(recovered and dice.random() < 0.6),
            is_resolved_by_customer=int(candidate and not recovered and dice.random() < 0.3),
            is_unrecovered=int(candidate and not recovered and dice.random() < 0.7),
            recovery_s=dice.randrange(9000) if recovered else None,
            is_sale=int(answered and dice.random() < 0.1),
        )


def _messages(dice: random.Random) -> Iterator[Row]:
    for n in range(700):
        outbound = dice.random() < 0.6
        yield _row(
            MESSAGES,
            _moment(dice),
            record_id=f"line:m{n}",
            direction="outbound" if outbound else "inbound",
            **_numbers(dice),
            **_people(dice),
            **_party(dice),
            **_cost(dice),
            is_message=1,
            is_inbound=int(not outbound),
            is_outbound=int(outbound),
            is_spam=int(dice.random() < 0.1),
        )


def _cases(dice: random.Random) -> Iterator[Row]:
    for n in range(200):
        attempted = dice.random() < 0.7
        yield _row(
            CASES,
            _moment(dice),
            record_id=f"line:k{n}",
            **_people(dice),
            misses=dice.randrange(1, 4),
            first_attempt_s=dice.randrange(20_000) if attempted and dice.random() < 0.9 else None,
            is_case=1,
            is_attempted=int(attempted),
            **{
                f"is_{name}": int(dice.random() < 0.3)
                for name in (
                    "within_sla", "recovered", "reached", "resolved_by_customer", "resolved_by_text", "dismissed",
                    "open",
                )
            },
        )  # fmt: skip


def _presence(dice: random.Random) -> Iterator[Row]:
    """Lines without gaps for some days each, cut at midnight of UTC and of the zone; the last stretch lasts."""
    for user in ("u-anna", "u-bo", "u-cy", ""):
        at = START + timedelta(days=dice.randrange(3), seconds=dice.randrange(80_000))
        until = at + timedelta(days=45)
        while at < until:
            local = at.astimezone(ZONE)
            midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), ZONE).astimezone(UTC)
            utc_midnight = datetime.combine(at.date() + timedelta(days=1), datetime.min.time(), UTC)
            end = min(at + timedelta(milliseconds=dice.randrange(1, 20_000_000)), midnight, utc_midnight)
            status = dice.choice(["talking", "online", "online", "dnd", "offline"])
            word = dice.choice(["", "WrapUp: mail", "acw", "break"]) if status in ("online", "dnd") else ""
            seconds = int(end.timestamp()) - int(at.timestamp())
            lasts = end >= until
            yield _row(
                PRESENCE,
                at,
                line=f"user:{user}" if user else "account:line:x",
                user_id=user,
                user_name=USERS[user],
                team_name="Sales" if user == "u-anna" else "",
                status=status,
                raw=word,
                ended_at=None if lasts else end.replace(tzinfo=None),
                seconds=None if lasts else seconds,
                **{
                    f"{name}_s": None if lasts else seconds if status == name else 0
                    for name in ("talking", "online", "dnd", "offline")
                },
            )
            at = end


def _legs(dice: random.Random, presence: Sequence[Row]) -> Iterator[Row]:
    """Rings of people, often two at once, inside and over the ends of their stretches."""
    stretches = [one for one in presence if one["user_id"]]
    for n in range(500):
        stretch = dice.choice(stretches)
        at = stretch["started_at"].replace(tzinfo=UTC) + timedelta(milliseconds=dice.randrange(-60_000, 9_000_000))
        for place in range(dice.choice([1, 1, 2])):
            rang = at + timedelta(milliseconds=dice.randrange(20_000) * place)
            ends = rang + timedelta(milliseconds=dice.randrange(1, 90_000))
            answered = dice.random() < 0.5
            yield _row(
                LEGS,
                rang,
                record_id=f"line:c{n}",
                row_kind="leg" if dice.random() < 0.95 else "step",
                seq=place + 1,
                kind=dice.choice(["agent", "agent", "agent", "consultation", "survey_post_call"]),
                user_id=stretch["user_id"],
                answered_at=ends.replace(tzinfo=None) if answered else None,
                ended_at=(ends + timedelta(seconds=dice.randrange(300) if answered else 0)).replace(tzinfo=None),
            )


def _charges(dice: random.Random, calls: Sequence[Row], messages: Sequence[Row]) -> Iterator[Row]:
    for channel, interactions in (("call", calls), ("message", messages)):
        for one in interactions:
            if dice.random() < 0.3:
                continue
            for unit in range(dice.choice([1, 1, 2])):
                yield from _ratings(dice, channel, one, f"{one['record_id'][5:]}-{unit}")


def _ratings(dice: random.Random, channel: str, of: Row, unit: str) -> Iterator[Row]:
    """One unit, sometimes rated again: in another currency, or with or without an amount that it had."""
    count = dice.choice([1, 1, 1, 2, 3])
    billable = dice.randrange(300) if channel == "call" else None
    for rating in range(count):
        cost = _cost(dice)
        current = rating == count - 1
        shared = {
            name: of[name] for name in ("record_id", "connection", "business_number", "direction", "user_id", "team_id")
        }
        yield _row(
            CHARGES,
            of["started_at"].replace(tzinfo=UTC),
            **shared,
            **cost,
            unit=unit,
            rating=rating,
            channel=channel,
            destination_country=dice.choice(["PL", "DE", ""]),
            prefix=dice.choice(["48", "4860", "49", ""]),
            destination=dice.choice(["Poland", "Germany"]),
            unpriced="" if cost else dice.choice(["no_rate", "unknown_time"]),
            billable_s=billable,
            charged_s=-(-billable // 60) * 60 if billable is not None and dice.random() < 0.5 else None,
            segments=dice.randrange(1, 4) if channel == "message" else None,
            is_current=int(current),
            is_charge=int(current and bool(cost)),
            is_call=int(channel == "call"),
            is_message=int(channel == "message"),
        )


def _reconciliations(dice: random.Random) -> Iterator[Row]:
    for invoice, first in (("i-1", date(2026, 2, 1)), ("i-2", MARCH), ("i-3", MARCH), ("i-4", date(2026, 4, 9))):
        for entry in range(1, 60):
            state = dice.choice(["matched", "matched", "different", "missing", "extra", "fee"])
            invoiced = None if state == "missing" else Decimal(dice.randrange(50_000)) / 10_000_000
            charged = Decimal(dice.randrange(5000)) / 10_000 if state in ("matched", "different", "missing") else None
            if state == "different" and dice.random() < 0.2:
                charged = None
            currencies = (dice.choice(["EUR", "EUR", "USD"]), dice.choice(["EUR", "EUR", "USD"]))
            local = first + timedelta(days=dice.randrange(40))
            apart = invoiced is not None and charged is not None and currencies[0] != currencies[1]
            unknown = apart or (state == "different" and charged is None)
            yield row(
                RECONCILIATIONS,
                invoice_id=invoice,
                invoice_name=f"Invoice {invoice}",
                connection="line",
                period_from=first,
                period_to=first + timedelta(days=30),
                entry=entry,
                state=state,
                differs="amount" if state == "different" else "",
                line=entry + 1 if state != "missing" else None,
                business_number=dice.choice(["+61800000001", "+61800000002", ""]),
                local_date=local,
                month=local.replace(day=1),
                invoiced_amount=invoiced,
                invoiced_currency=currencies[0] if invoiced is not None else "",
                charged_amount=charged,
                charged_currency=currencies[1] if charged is not None else "",
                difference=None if unknown else (invoiced or Decimal(0)) - (charged or Decimal(0)),
                is_line=int(state != "missing"),
                **{f"is_{name}": int(state == name) for name in ("matched", "different", "missing", "extra", "fee")},
            ) | {"_day": str(first)}


def _closed(
    dice: random.Random, charges: Sequence[Row], calls: Sequence[Row], messages: Sequence[Row]
) -> tuple[list[Row], list[Row]]:
    """March, closed twice: the first time without a charge of the 14th, the last time before some changes."""
    frozen: list[Row] = []
    lines: list[Row] = []
    march = {
        "charges": [one for one in charges if one["local_date"].replace(day=1) == MARCH and one["is_charge"]],
        "calls": [one for one in calls if one["local_date"].replace(day=1) == MARCH and one["is_call"]],
        "messages": [one for one in messages if one["local_date"].replace(day=1) == MARCH],
    }
    for closing, latest in ((1, 0), (2, 1)):
        kept = [one for one in march["charges"] if dice.random() < 0.97]
        told = {"month": MARCH, "closing": closing, "is_latest": latest}
        for one in kept:
            own = {name: one[name] for name in CLOSED_CHARGES.names if name in one}
            if dice.random() < 0.02:
                own["cost_amount"] += 1
            frozen.append(own | told | {"_day": str(MARCH)})
        extra = {name: kept[0][name] for name in CLOSED_CHARGES.names if name in kept[0]}
        frozen.append(extra | told | {"record_id": "line:gone", "unit": "gone", "_day": str(MARCH)})
        for part, rows in (march | {"charges": [one for one in frozen if one["closing"] == closing]}).items():
            seconds = {"charges": "billable_s", "calls": "talk_s"}.get(part, "")
            groups: dict[tuple[date, str], list[Row]] = {}
            for one in rows:
                currency = one["cost_currency"] if one["cost_amount"] is not None else ""
                groups.setdefault((one["started_at"].date(), currency), []).append(one)
            lines += [
                row(
                    CLOSINGS,
                    **told,
                    part=part,
                    utc_day=day,
                    currency=currency,
                    row_count=len(mine),
                    seconds=sum(one[seconds] or 0 for one in mine) if seconds else 0,
                    amount=sum((one["cost_amount"] or Decimal(0) for one in mine), Decimal(0)),
                    closing_sha256=f"{closing}" * 64,
                    closed_at=datetime(2026, 4, 2, closing, tzinfo=UTC).replace(tzinfo=None),
                    closed_by="u-anna",
                )
                | {"_day": str(MARCH)}
                for (day, currency), mine in sorted(groups.items())
            ]
    return frozen, lines
