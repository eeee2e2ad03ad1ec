"""Who and what providers name that the directory does not know: the data of the mapping screen (demands.md D24).

Derived from the lake's rows, so that it counts what the lists show. Costs the reading of some
columns of `days` day objects of three tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ringlake.fold.attribution import UNMAPPED
from ringlake.model.arrow import kernels
from ringlake.model.base import Model
from ringlake.model.directory import Directory
from ringlake.model.tables import CALLS, LEGS, MESSAGES, Table
from ringlake.stores.lake import Lake

DAYS = 30
# An address holds no more ids of calls, and a list of rows no longer range (three months).
MOST_LISTED, LONGEST_DAYS = 100, 89
_ROWS = (
    "record_id", "connection", "user_id", "user_account", "user_name", "unattributed", "started_at",
    "business_number", "business_number_id", "business_number_name", "business_number_ref",
)  # fmt: skip
_LEGS = ("record_id", "row_kind", "user_id", "user_account", "user_name", "started_at", "answered_at")


class Stranger(Model, frozen=True, kw_only=True):
    """One account of a connection without a user, or one number of ours that is not in the directory.

    `number` is E.164; a number that the provider names by its own id alone has `ref` instead, one with
    both has both. `name` is what the provider calls it, "" when it does not say. `records` counts
    distinct calls and messages; times are UTC; `example` is the record id of the latest of them. `drill` is the whole
    filter that lists them all, null where they are more than a hundred.
    """

    connection: str
    account: str = ""
    number: str = ""
    ref: str = ""
    name: str = ""
    records: int
    first_seen: datetime
    last_seen: datetime
    example: str
    drill: dict[str, Any] | None = None


class Unmapped(Model, frozen=True, kw_only=True):
    """Most frequent first."""

    accounts: tuple[Stranger, ...] = ()
    numbers: tuple[Stranger, ...] = ()


class _Sight(Model, frozen=True, kw_only=True):
    record_id: str
    at: datetime
    name: str
    ref: str = ""


type _Seen = dict[tuple[str, str], list[_Sight]]


def unmapped(directory: Directory, lake: Lake, today: date, *, days: int = DAYS) -> Unmapped:
    """Accounts and business numbers of the last `days` UTC days up to `today` that nobody has mapped.

    What was mapped since is left out, although its rows still say otherwise until they are folded
    again. Raises `Unavailable`.
    """
    accounts: _Seen = {}
    numbers: _Seen = {}
    workspace = directory.workspace.id
    for offset in range(days):
        day = (today - timedelta(days=offset)).isoformat()
        # An activity's owner and whoever else was on a leg: a group call has no owner but rang people.
        for table in (CALLS, MESSAGES):
            strange = ({"unattributed": UNMAPPED}, {"business_number_id": ""})
            for row in _rows(lake, table, workspace, day, _ROWS, strange):
                if row["unattributed"] == UNMAPPED:
                    _note(accounts, row["connection"], row["user_account"], row["user_name"], row)
                if not row["business_number_id"]:
                    number = row["business_number"] if row["business_number"].startswith("+") else ""
                    ref = row["business_number_ref"] or ""
                    _note(numbers, row["connection"], number or ref, row["business_number_name"], row, ref)
        for row in _rows(lake, LEGS, workspace, day, _LEGS, ({"row_kind": "leg", "user_id": ""},)):
            _note(accounts, row["record_id"].partition(":")[0], row["user_account"], row["user_name"], row)
    return Unmapped(
        accounts=_sorted(
            _stranger(sights, connection=connection, account=account)
            for (connection, account), sights in accounts.items()
            if directory.user_of(connection, account) is None
        ),
        numbers=_sorted(
            found
            for found in (_number(sights, connection, what) for (connection, what), sights in numbers.items())
            if directory.number_of(found.number, found.ref) is None
        ),
    )


def _rows(
    lake: Lake, table: Table, workspace: str, day: str, columns: Sequence[str], wanted: Sequence[Mapping[str, str]]
) -> Iterator[dict[str, Any]]:
    """Rows that have all the values of one of `wanted`; nothing else leaves Arrow."""
    for part in lake.stream(table, workspace, day, columns).parts:
        texts = {name: _text(part[name]) for values in wanted for name in values}
        masks = [_all(kernels().equal(texts[name], value) for name, value in values.items()) for values in wanted]
        mask = masks[0]
        for other in masks[1:]:
            mask = kernels().or_(mask, other)
        yield from part.filter(mask).to_pylist()


def _text(column: Any) -> Any:
    """A column as plain text, "" for null: files that are older than a column have nulls in it."""
    import pyarrow as pa

    return kernels().fill_null(column.cast(pa.string()), "")


def _all(masks: Iterable[Any]) -> Any:
    found: Any = None
    for mask in masks:
        found = mask if found is None else kernels().and_(found, mask)
    return found


def _note(seen: _Seen, connection: str, what: str, name: str, row: dict[str, Any], ref: str = "") -> None:
    at = row["started_at"] or row.get("answered_at")
    if what and at is not None:
        sight = _Sight(record_id=row["record_id"], at=at.replace(tzinfo=UTC), name=name or "", ref=ref)
        seen.setdefault((connection, what), []).append(sight)


def _number(sights: Sequence[_Sight], connection: str, what: str) -> Stranger:
    ref = next((s.ref for s in sights if s.ref), "")
    return _stranger(sights, connection=connection, number=what if what != ref else "", ref=ref)


def _stranger(
    sights: Sequence[_Sight], *, connection: str, account: str = "", number: str = "", ref: str = ""
) -> Stranger:
    inside = sorted(sights, key=lambda s: (s.at, s.record_id))
    return Stranger(
        connection=connection,
        account=account,
        number=number,
        ref=ref,
        name=next((s.name for s in reversed(inside) if s.name), ""),
        records=len({s.record_id for s in inside}),
        first_seen=inside[0].at,
        last_seen=inside[-1].at,
        example=inside[-1].record_id,
        drill=_drill(inside),
    )


def _drill(inside: Sequence[_Sight]) -> dict[str, Any] | None:
    """The days of a list are local: a day more on each side is theirs in every zone."""
    ids = sorted({sight.record_id for sight in inside})
    first, last = (inside[n].at.date() + timedelta(days=more) for n, more in ((0, -1), (-1, 1)))
    if len(ids) > MOST_LISTED or (last - first).days >= LONGEST_DAYS:
        return None
    return {"from": first.isoformat(), "to": last.isoformat(), "include_internal": True, "record_ids": ids}


def _sorted(found: Iterable[Stranger]) -> tuple[Stranger, ...]:
    return tuple(sorted(found, key=lambda s: (-s.records, s.connection, s.account, s.number, s.ref)))
