"""Compares a record with what its scenario expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from ringlake.model.calls import CallRecord, End, Leg
from ringlake.model.deals import DealRecord
from ringlake.model.messages import MessageRecord
from tests.scenarios.tables import Scenario

Record = CallRecord | MessageRecord | DealRecord


def differences(scenario: Scenario, record: Record, fields: Mapping[str, str]) -> list[str]:
    """`field: expected X, found Y` for each field that differs."""
    found = []
    for name, text in fields.items():
        value = _value(record, name)
        if not _equal(scenario, value, text):
            found.append(f"{name}: expected {text}, found {value}")
    return found


def _equal(scenario: Scenario, value: Any, text: str) -> bool:
    if text == "none":
        return value in (None, "", ())
    at = scenario.time(text)
    if at is not None:
        return bool(value == at)
    if isinstance(value, bool):
        return value == {"yes": True, "no": False}[text]
    if isinstance(value, Decimal | int):
        return bool(Decimal(text) == value)
    if isinstance(value, tuple):
        return sorted(map(str, value)) == sorted(text.split())
    return str(value) == text


def _value(record: Record, name: str) -> Any:
    if name.startswith("leg."):
        return _leg_value(record, name)
    if name in _SHORT:
        return _SHORT[name](record)
    return _attribute(record, name)


def _attribute(thing: Any, name: str) -> Any:
    for part in name.split("."):
        if thing is None:
            return None
        if part.endswith("_s") and not hasattr(thing, part):
            milliseconds = getattr(thing, f"{part[:-2]}_ms")
            thing = None if milliseconds is None else Decimal(milliseconds) / 1000
        else:
            thing = getattr(thing, part)
    return thing


def _leg_value(record: Record, name: str) -> Any:
    """`leg.anna` is the outcome of Anna's leg, `leg.anna.talk_s` one of its fields."""
    _, who, *field = name.split(".")
    assert isinstance(record, CallRecord)
    legs: list[Leg] = [leg for leg in record.legs if leg.party.user_id == f"u-{who}"]
    assert len(legs) == 1, f"{len(legs)} legs of {who}"
    return _attribute(legs[0], field[0] if field else "outcome")


def _path(record: Record) -> str:
    assert isinstance(record, CallRecord)
    return " > ".join(f"{s.kind}({s.value})" if s.value else s.kind for s in record.timeline)


def _end(end: End) -> str:
    """`user u-anna`, `queue Service`, `number Main`, `outside +48700800900`, `voicemail`; "" for nobody."""
    return f"{end.kind or ''} {end.party.user_id or end.label}".strip()


_SHORT: Mapping[str, Callable[[Any], Any]] = {
    "user": lambda record: record.user.user_id,
    "legs": lambda record: len(record.legs),
    "recordings": lambda record: len(record.recordings),
    "cost": lambda record: f"{record.cost.amount} {record.cost.currency}" if record.cost else None,
    "amount": lambda record: f"{record.amount.amount} {record.amount.currency}" if record.amount else None,
    "path": _path,
    "requested": lambda record: _end(record.requested),
    "final": lambda record: _end(record.final_party),
    "source": lambda record: " / ".join(part for part in msgspec.structs.astuple(record.source) if part),
}


def without_receipt(record: Record) -> Record:
    """The record as it would be had everything been received at the same moment."""
    at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    facts: Any = tuple(msgspec.structs.replace(f, received_at=at) for f in record.facts)
    return msgspec.structs.replace(record, facts=facts)
