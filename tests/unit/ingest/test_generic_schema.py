"""The published schema and the adapter say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from ringlake.model.events import RawEvent
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.providers import canonical, generic
from ringlake.providers.values import document
from tests.contract.captures import Capture, captures, event_of

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/schemas/generic.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
ACCEPTED = [c for c in captures("generic") if c.outcome == "accepted" and "unknown_type" not in c.name]
# Stays in the raw event and changes nothing.
ONLY_RAW = {"message.text"}


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("seen", ACCEPTED, ids=lambda seen: seen.name)
def test_every_capture_conforms(seen: Capture) -> None:
    body = json.loads(seen.content["request"]["body"])
    subject = next(iter(body["data"].values()))
    # Deliberately short of the contract; the reader takes them all the same.
    if seen.path.stem[:2] == "36":
        subject["status"] = subject["status"].lower()
    assert [error.message for error in VALIDATOR.iter_errors(body)] == []


@pytest.mark.parametrize("seen", ACCEPTED, ids=lambda seen: seen.name)
def test_unknown_fields_pass_everywhere_and_change_nothing(seen: Capture) -> None:
    body = json.loads(seen.content["request"]["body"])
    before = generic.ADAPTER.parse(event_of(seen), seen.connection)
    kind = next(iter(body["data"]))
    open_ended = {"fields"}  # of a contact: every name in it is data
    nodes = [
        body,
        body["data"][kind],
        *(v for n, v in body["data"][kind].items() if isinstance(v, dict) and n not in open_ended),
    ]
    valid = VALIDATOR.is_valid(body)
    for node in nodes:
        node["a_field_of_the_future"] = {"deep": [1, None]}
    assert VALIDATOR.is_valid(body) is valid
    more = msgspec.structs.replace(event_of(seen), body=json.dumps(body).encode())
    assert generic.ADAPTER.parse(more, seen.connection) == before


def test_the_types_are_those_of_the_adapter() -> None:
    assert set(SCHEMA["properties"]["type"]["enum"]) == canonical.TYPES
    assert {t for branch in SCHEMA["oneOf"] for t in branch["properties"]["type"]["enum"]} == canonical.TYPES


@pytest.mark.parametrize(
    ("subject", "field", "table"),
    [
        ("call", "direction", canonical.DIRECTION),
        ("call", "kind", canonical.CALL_KIND),
        ("call", "answered_by", canonical.ANSWERED_BY),
        ("call", "hangup_by", canonical.HANGUP_BY),
        ("message", "kind", canonical.MESSAGE_KIND),
        ("message", "direction", canonical.DIRECTION),
        ("presence", "status", canonical.PRESENCE),
    ],
)
def test_every_word_of_the_schema_is_in_the_adapters_table(subject: str, field: str, table: dict[str, Any]) -> None:
    words = set(SCHEMA["$defs"][subject]["properties"][field]["enum"])
    assert {word.replace("_", " ") for word in words} <= {word.replace("_", " ") for word in table}
    # What the reader takes beyond the schema are synonyms and our own word for rows without a call.
    assert set(table) - words <= {"incoming", "outgoing", "outbound dial", "outbound auto", "classifier"}


def test_every_status_that_the_contract_names_is_understood() -> None:
    for word in ("ANSWERED", "RINGING", "FAILED", "CLASSIFIER", "BUSY", "PENDING", "NO ANSWER", "NO ANSWEAR"):
        assert word in SCHEMA["$defs"]["call"]["properties"]["status"]["description"]
        assert word.lower() in canonical.CALL_STATUS


@pytest.mark.parametrize("kind", ["call", "message", "presence", "contact", "deal"])
def test_every_field_of_the_schema_reaches_a_fact(kind: str) -> None:
    """A field that the reader ignores would be a promise without effect: changing it changes the facts."""
    kind_types = next(
        b["properties"]["type"]["enum"] for b in SCHEMA["oneOf"] if kind in b["properties"]["data"]["properties"]
    )
    for path, value in fields(SCHEMA["$defs"][kind], kind):
        told = {
            event_type: facts(event_type, kind, {}) != facts(event_type, kind, nest(path, value))
            for event_type in kind_types
        }
        assert any(told.values()) is (".".join(path) not in ONLY_RAW), path


def fields(schema: dict[str, Any], *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every leaf of a subject with a telling value."""
    schema = resolved(schema)
    for option in schema.get("oneOf", [schema]):
        if "properties" in option:
            for name, inner in option["properties"].items():
                yield from fields(inner, *path, name)
            return
    name = path[-1]
    samples: dict[str, Any] = {"amount": "1.5", "currency": "EUR", "scheduled_for": "2026-01-01T00:00:00Z"}
    sample: Any = samples.get(name)
    if sample is None and "enum" in schema:
        sample = schema["enum"][-1]
    if sample is None:
        kinds = schema.get("type", "string")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        by_kind: dict[str, Any] = {
            "string": "7",
            "integer": 7,
            "number": 7,
            "boolean": True,
            "array": ["x"],
            "object": {"x": "y"},
        }
        sample = by_kind[kinds[0]]
    yield path, sample


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    return SCHEMA["$defs"][name] if name else schema


def nest(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The subject that says just this; money needs both of its halves."""
    _, *names = path
    found: Any = value
    for name in reversed(names):
        found = {name: found}
    if names[-1] in ("amount", "currency") and len(names) == 2:
        found = {names[0]: {"amount": "1", "currency": "USD"} | found[names[0]]}
    return dict(found)


def facts(event_type: str, kind: str, subject: dict[str, Any]) -> Any:
    base: dict[str, Any] = {"id": "x", "account": "x", "status": "online", "direction": "inbound", "kind": "voice"}
    base |= {"agent": {"account": "a"}} if kind in ("call", "message") else {}
    body = json.dumps(
        {"type": event_type, "timestamp": "2026-09-14T12:00:00Z", "data": {kind: base | subject}}
    ).encode()
    seen = ACCEPTED[0]
    subject_id = (document(body)["data"][kind].get("account" if kind == "presence" else "id")) or ""
    event = RawEvent(
        subject=Subject(workspace="acme", kind=SubjectKind(kind), connection="line", id=str(subject_id)),
        event_id="e",
        event_type=event_type,
        provider="generic",
        adapter=1,
        body=body,
        received_at=seen.now,
    )
    return generic.ADAPTER.parse(event, seen.connection)
