"""Whatever arrives, ingest answers: malformed input is refused or set aside, never a fault."""

from __future__ import annotations

import base64
import copy
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
import time_machine
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringlake import providers
from ringlake.errors import NotAuthentic, Unreadable
from ringlake.flows.ingest import Outcome
from ringlake.model.base import from_json, to_json
from ringlake.model.events import Delivery
from ringlake.model.facts import CallFact
from ringlake.providers.signatures import key_of, sign_openphone, sign_standard, verify_openphone, verify_standard
from tests.contract.captures import SECRETS, Capture, captures, house

# The profile of tests/conftest.py decides how many; these cases are cheap.
MANY = settings().max_examples
NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
STANDARD = SECRETS["generic"].encode()
APP = SECRETS["openphone app"].encode()
SIGNED_HEADERS = ["webhook-id", "webhook-timestamp", "webhook-signature", "openphone-signature"]
# All of Unicode, also the surrogates that no encoder takes.
anything = st.text(st.characters(exclude_categories=()), max_size=60)
crumbs = st.lists(
    st.sampled_from(["v1", "v2", ",", ";", " ", "hmac", "1", "=", "\0", "\ud800", "1789387200", "AAAA"]), max_size=12
).map("".join)
header_values = anything | crumbs
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["", "0", "+1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
READABLE = [c for c in captures("openphone", "generic") if c.outcome == "accepted"]


@given(headers=st.dictionaries(st.sampled_from(SIGNED_HEADERS), header_values), body=st.binary(max_size=80))
@settings(max_examples=10 * MANY)
@example(headers={"webhook-id": "a", "webhook-timestamp": "1789387200", "webhook-signature": "v1"}, body=b"")
def test_unsigned_headers_and_bodies_are_refused(headers: dict[str, str], body: bytes) -> None:
    for name in ("openphone", "generic"):
        seen = next(c for c in READABLE if c.provider == name)
        home = house(seen.connection)
        delivery = Delivery(method="POST", url="", headers=headers, query="", body=body)
        assert home.take(delivery, name, NOW).outcome is Outcome.NOT_AUTHENTIC
        assert not home.stored()


@given(body=st.binary(max_size=300) | json_values.map(lambda v: json.dumps(v).encode()), id=anything, query=anything)
@settings(max_examples=10 * MANY)
def test_signed_garbage_is_stored_or_set_aside(body: bytes, id: str, query: str) -> None:
    for name in ("openphone", "generic"):
        seen = next(c for c in READABLE if c.provider == name and "webhook-signature" in c.delivery.headers)
        home = house(seen.connection)
        outcome = home.take(signed(seen, body, id=id, query=query), name, seen.now).outcome
        # An id that cannot be signed as bytes, or that is none, cannot have come from the sender.
        assert outcome in (Outcome.ACCEPTED, Outcome.QUARANTINED, Outcome.NOT_AUTHENTIC)
        if outcome is Outcome.NOT_AUTHENTIC:
            assert not id or "." in id or not is_utf8(id)


@given(data=st.data())
@settings(max_examples=15 * MANY)
def test_a_delivery_with_any_field_replaced_is_read_or_named_unreadable(data: st.DataObject) -> None:
    """Any node of a real body becomes any JSON value; the reader raises nothing but its own error."""
    seen = data.draw(st.sampled_from(READABLE))
    body = copy.deepcopy(json.loads(seen.content["request"]["body"]))
    for _ in range(data.draw(st.integers(1, 3))):
        spot = data.draw(st.sampled_from(spots(body) or [(body, "type")]))
        spot[0][spot[1]] = data.draw(json_values)
    delivery = signed(seen, json.dumps(body).encode())
    home = house(seen.connection)
    result = home.take(delivery, seen.provider, seen.now)
    assert result.outcome in (Outcome.ACCEPTED, Outcome.QUARANTINED)
    for event in home.stored():
        try:
            facts = providers.adapter(seen.provider).parse(event, seen.connection)
        except Unreadable as error:
            refused = error
        else:
            assert [from_json(to_json(fact), type(fact)) for fact in facts] == list(facts)
            continue
        assert (refused.field and refused.reason) != ""


@given(data=st.data())
@settings(max_examples=15 * MANY)
def test_one_changed_bit_is_refused(data: st.DataObject) -> None:
    """In the body, in the id, in the time, in the signature: the sender did not say that."""
    seen = data.draw(st.sampled_from(READABLE))
    delivery = seen.delivery
    parts = {n: v for n, v in delivery.headers.items() if n in SIGNED_HEADERS}
    where = data.draw(st.sampled_from(["body", *sorted(parts)]))
    whole = delivery.body if where == "body" else parts[where].encode()
    if where == "webhook-signature":
        # Another entry of the list may still be good: change a bit of each.
        entries = [flipped(data, e.encode()).decode("latin-1") for e in parts[where].split(" ")]
        headers, body = delivery.headers | {where: " ".join(entries)}, delivery.body
    elif where == "body":
        headers, body = delivery.headers, flipped(data, whole)
    else:
        headers, body = delivery.headers | {where: flipped(data, whole).decode("latin-1")}, delivery.body
    changed = Delivery(method="POST", url="", headers=headers, query="", body=body)
    with pytest.raises(NotAuthentic):
        providers.adapter(seen.provider).verify(changed, seen.secrets, seen.connection, seen.now)


@given(
    id=st.text(st.characters(exclude_characters=".", exclude_categories=["Cs"]), min_size=1, max_size=40),
    body=st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    away=st.integers(-299, 299),
)
@settings(max_examples=3 * MANY)
def test_what_the_reference_library_signs_is_accepted_and_the_reverse(id: str, body: str, away: int) -> None:
    """Interoperable with the maintained package for every well-formed delivery (docs/adr/0020)."""
    library = standardwebhooks.Webhook(STANDARD.decode())
    sent = NOW + timedelta(seconds=away)
    theirs = library.sign(id, sent, body)
    assert theirs == sign_standard(STANDARD, id, int(sent.timestamp()), body.encode())
    headers = {"webhook-id": id, "webhook-timestamp": str(int(sent.timestamp())), "webhook-signature": theirs}
    verify_standard(headers, body.encode(), [STANDARD], NOW)
    with time_machine.travel(NOW, tick=False):
        library.verify(body, headers, json_parse=False)


@given(
    timestamp=st.text("0123456789", min_size=1, max_size=14),
    body=st.binary(max_size=50),
    away=st.integers(-(10**6), 10**6),
)
@settings(max_examples=5 * MANY)
def test_a_good_signature_is_accepted_within_five_minutes_and_only_then(timestamp: str, body: bytes, away: int) -> None:
    mac = base64.b64encode(hmac.digest(key_of(APP), timestamp.encode() + b"." + body, "sha256")).decode()
    unit = 1000 if len(timestamp) >= 12 else 1
    now = datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(timestamp) / unit, milliseconds=away)
    try:
        verify_openphone({"openphone-signature": f"hmac;1;{timestamp};{mac}"}, body, [APP], now)
        accepted = True
    except NotAuthentic:
        accepted = False
    assert accepted is (abs(away) <= 300_000)


def signed(seen: Capture, body: bytes, *, id: str | None = None, query: str = "") -> Delivery:
    """The capture's request with another body, signed as its sender would."""
    headers = dict(seen.delivery.headers)
    secret = seen.secrets[0]
    if "openphone-signature" in headers:
        headers["openphone-signature"] = sign_openphone(secret, int(seen.now.timestamp() * 1000), body)
    else:
        headers["webhook-id"] = headers["webhook-id"] if id is None else id
        headers["webhook-timestamp"] = str(int(seen.now.timestamp()))
        if is_utf8(headers["webhook-id"]):
            headers["webhook-signature"] = sign_standard(secret, headers["webhook-id"], int(seen.now.timestamp()), body)
    return Delivery(method="POST", url="", headers=headers, query=query, body=body)


def is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def flipped(data: st.DataObject, whole: bytes) -> bytes:
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 6))
    return whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :]


def spots(node: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value that can be replaced."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
    return [found for key in keys for found in [(node, key), *spots(node[key])]]


def test_the_fuzzed_captures_reach_every_kind_of_fact() -> None:
    kinds = {
        type(fact).__name__ if not isinstance(fact, CallFact) else fact.kind.value
        for seen in READABLE
        for event in [taken(seen)]
        for fact in providers.adapter(seen.provider).parse(event, seen.connection)
    }
    assert {"MessageFact", "PresenceFact", "ContactFact", "DealFact"} < kinds
    assert len(kinds) >= 20


def taken(seen: Capture) -> Any:
    home = house(seen.connection)
    home.take(seen.delivery, seen.provider, seen.now)
    return home.stored()[0]
