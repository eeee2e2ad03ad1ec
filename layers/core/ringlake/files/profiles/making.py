"""Profiles declared column by column: how each comes about in calls and in messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from ringlake.files.csv import Column, Local
from ringlake.files.sheet import Field, Kind
from ringlake.model.arrow import kernels
from ringlake.model.facts import Direction
from ringlake.model.tables import CALLS, MESSAGES, Table

from .own import kind_of
from .rows import FEW, Profile, found, ruled, text

if TYPE_CHECKING:
    import pyarrow as pa

type Have = Mapping[str, Column]


class Made(NamedTuple):
    """A column from columns of the lake."""

    reads: tuple[str, ...]
    make: Callable[[Have, ZoneInfo], Column | Local]


class Shown(NamedTuple):
    """A column of a profile; None where a table has nothing to say about it."""

    field: Field
    calls: Made | None
    messages: Made | None


def profile(name: str, *shown: Shown) -> Profile:
    def reads(parts: list[Made | None]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(["started_at", *(name for part in parts if part for name in part.reads)]))

    needed = {
        CALLS.name: reads([column.calls for column in shown]),
        MESSAGES.name: reads([column.messages for column in shown]),
    }

    def columns(table: Table, rows: pa.Table, zone: ZoneInfo) -> dict[str, Column | Local]:
        have = found(rows, needed[table.name])
        parts = [(column.field.name, column.calls if table is CALLS else column.messages) for column in shown]
        return {name: part.make(have, zone) if part else text("") for name, part in parts}

    return Profile(name, tuple(column.field for column in shown), needed, columns)


# --- kinds of columns


def same(name: str, label: str = "", *, lake: str = "") -> Shown:
    """A column of the lake, in whichever table has it. The kind is that of the column."""
    column = lake or name
    made = Made((column,), lambda have, _: have[column])
    return Shown(
        Field(name=name, kind=kind_of(column), label=label),
        made if column in CALLS.names else None,
        made if column in MESSAGES.names else None,
    )


def constant(name: str, label: str, of_calls: str, of_messages: str) -> Shown:
    return Shown(
        Field(name=name, label=label),
        Made((), lambda _have, _zone: text(of_calls)),
        Made((), lambda _have, _zone: text(of_messages)),
    )


def said(rule: Callable[..., str], *reads: str) -> Made:
    """A text from texts of few values."""
    if unknown := set(reads) - FEW:
        raise ValueError(f"not of few values: {sorted(unknown)}")
    return Made(reads, lambda have, _: ruled(rule, *(have[name] for name in reads)))


def words(name: str, label: str, calls: Made | None, messages: Made | None) -> Shown:
    return Shown(Field(name=name, label=label), calls, messages)


def local(name: str, label: str = "", *, lake: str = "started_at") -> Shown:
    made = Made((lake,), lambda have, zone: Local(have[lake], zone))
    field = Field(name=name, kind=Kind.LOCAL, label=label)
    return Shown(field, made, made if lake in MESSAGES.names else None)


def utc(label: str = "") -> Shown:
    return same("started_at_utc", label, lake="started_at")


def zone_name(label: str = "") -> Shown:
    made = Made((), lambda _, zone: text(zone.key))
    return Shown(Field(name="timezone", label=label), made, made)


def translated(table: Mapping[str, str], *reads: str) -> Made:
    """A text for each value of a column; a value that is not in the table stays as it is."""
    return said(lambda value: table.get(value, value), *reads)


def marks(*of: tuple[str, Any, str]) -> Made:
    """Words for what holds, joined by semicolons: (column, its least number, word)."""

    def make(have: Have, _: ZoneInfo) -> Column:
        pc = kernels()
        parts = [pc.coalesce(pc.if_else(pc.greater_equal(have[name], least), word, ""), "") for name, least, word in of]
        return pc.utf8_trim(pc.replace_substring_regex(pc.binary_join_element_wise(*parts, ";"), ";+", ";"), ";")

    return Made(tuple(name for name, _, _ in of), make)


# --- values that several systems show


def _either(mask: Column, yes: Column, no: Column) -> Column:
    import pyarrow as pa

    pc = kernels()
    return pc.if_else(mask, pc.cast(yes, pa.string()), pc.cast(no, pa.string()))


def is_value(column: Column, value: str) -> Column:
    """Where a column of few values has this one; nowhere null."""
    pc = kernels()
    return pc.is_in(column, value_set=_values(column, value))


def _values(column: Column, value: str) -> Any:
    import pyarrow as pa

    return pa.array([value], column.type.value_type if pa.types.is_dictionary(column.type) else column.type)


def _is_inbound(have: Have) -> Column:
    return is_value(have["direction"], Direction.INBOUND.value)


def _dialled(have: Have, _: ZoneInfo) -> Column:
    """features.md F34: what the customer dialled, which need not be the number that served the call."""
    pc = kernels()
    entry = have["entry_number"].dictionary_decode()
    known = pc.not_equal(pc.fill_null(entry, ""), "")
    ours = _either(known, entry, have["business_number"])
    return _either(_is_inbound(have), ours, have["remote_number"])


_ENDS = ("direction", "remote_number", "business_number")
_FROM = Made(_ENDS, lambda have, _: _either(_is_inbound(have), have["remote_number"], have["business_number"]))
_TO = Made(_ENDS, lambda have, _: _either(_is_inbound(have), have["business_number"], have["remote_number"]))


def source_number(label: str) -> Shown:
    """Number that the call or message came from (features.md F34)."""
    return Shown(Field(name="source_number", kind=Kind.PHONE, label=label), _FROM, _FROM)


def destination_number(label: str) -> Shown:
    """Number that it went to (features.md F34)."""
    dialled = Made((*_ENDS, "entry_number"), _dialled)
    return Shown(Field(name="destination_number", kind=Kind.PHONE, label=label), dialled, _TO)


def _talked_with(have: Have, _: ZoneInfo) -> Column:
    """features.md F33: empty when agent and customer never talked."""
    import pyarrow as pa

    pc = kernels()
    name = pc.cast(have["user_name"], pa.string())
    return pc.if_else(pc.is_valid(have["answered_at"]), name, "")


def agent_name(label: str) -> Shown:
    return words(
        "agent_name",
        label,
        Made(("user_name", "answered_at"), _talked_with),
        Made(("user_name",), lambda have, _: have["user_name"]),
    )


def flag(name: str, label: str, reads: tuple[str, ...], make: Callable[[Have], Column]) -> Shown:
    """A flag of calls."""
    return Shown(Field(name=name, kind=Kind.FLAG, label=label), Made(reads, lambda have, _: make(have)), None)


def has_recording(label: str = "") -> Shown:
    return flag("recording_flag", label, ("recordings",), lambda have: kernels().greater(have["recordings"], 0))


def _total_connected(have: Have, _: ZoneInfo) -> Column:
    """features.md F37: menu, queue and conversation; empty when there was none of them."""
    import pyarrow as pa

    pc = kernels()
    queued = pc.if_else(pc.is_valid(have["queued_at"]), have["wait_s"], pa.scalar(None, have["wait_s"].type))
    parts = [have["ivr_s"], queued, have["talk_s"]]
    total = pc.add(pc.add(*(pc.fill_null(part, 0) for part in parts[:2])), pc.fill_null(parts[2], 0))
    none = pc.and_(pc.and_(pc.is_null(parts[0]), pc.is_null(parts[1])), pc.is_null(parts[2]))
    return pc.if_else(none, pa.scalar(None, total.type), total)


def total_connected(label: str) -> Shown:
    made = Made(("ivr_s", "wait_s", "queued_at", "talk_s"), _total_connected)
    return Shown(Field(name="total_connected_s", kind=Kind.SECONDS, label=label), made, None)


def _dialling(have: Have, _: ZoneInfo) -> Column:
    """features.md F38: outgoing only, from dialling until the customer answered or the call was over."""
    import pyarrow as pa

    pc = kernels()
    end = pc.coalesce(have["answered_at"], have["ended_at"])
    ms = pc.subtract(pc.cast(end, pa.int64()), pc.cast(have["started_at"], pa.int64()))
    lasted = pc.and_(is_value(have["direction"], Direction.OUTBOUND.value), pc.greater_equal(ms, 0))
    # Half up, as all whole seconds.
    seconds = pc.divide(pc.add(ms, 500), 1000)
    return pc.if_else(lasted, seconds, pa.scalar(None, pa.int64()))


def dialling(label: str) -> Shown:
    made = Made(("direction", "started_at", "answered_at", "ended_at"), _dialling)
    return Shown(Field(name="dialling_s", kind=Kind.SECONDS, label=label), made, None)
