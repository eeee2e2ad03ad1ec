"""Deliveries of the programmable providers, damaged in one place that their proof covers: refused, each of them.

What a scheme does not cover (Aircall's token proves the sender and no content) is not damaged here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake import providers
from ringlake.errors import NotAuthentic, Unreadable
from ringlake.model.base import to_json
from ringlake.model.events import Delivery
from tests.contract.captures import SECRETS, Capture, captures, event_of
from tools.simulator import signing

Damage = Callable[[st.DataObject, Capture, Delivery], Delivery]
SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def with_header(delivery: Delivery, name: str, value: str) -> Delivery:
    return msgspec.structs.replace(delivery, headers=delivery.headers | {name: value})


def other_byte(data: st.DataObject, content: bytes) -> bytes:
    """One byte changed, lost or added."""
    at = data.draw(st.integers(0, len(content) - 1))
    new = data.draw(st.integers(0, 255).filter(lambda b: b != content[at]))
    ways = (
        content[:at] + bytes([new]) + content[at + 1 :],
        content[:at] + content[at + 1 :],
        content[:at] + bytes([new]) + content[at:],
    )
    return data.draw(st.sampled_from(ways))


def other_letter(data: st.DataObject, content: str) -> str:
    at = data.draw(st.integers(0, len(content) - 1))
    new = data.draw(st.sampled_from("AZaz09+/=-_. é").filter(lambda c: c != content[at]))
    return data.draw(st.sampled_from((content[:at] + new + content[at + 1 :], content[:at] + content[at + 1 :])))


def in_body(data: st.DataObject, _: Capture, delivery: Delivery) -> Delivery:
    return msgspec.structs.replace(delivery, body=other_byte(data, delivery.body))


def in_header(name: str) -> Damage:
    def damage(data: st.DataObject, _: Capture, delivery: Delivery) -> Delivery:
        return with_header(delivery, name, other_letter(data, delivery.headers[name]))

    return damage


def without_header(name: str) -> Damage:
    def damage(_data: st.DataObject, _: Capture, delivery: Delivery) -> Delivery:
        return msgspec.structs.replace(delivery, headers={n: v for n, v in delivery.headers.items() if n != name})

    return damage


def in_token(data: st.DataObject, _: Capture, delivery: Delivery) -> Delivery:
    token = delivery.headers["authorization"].split(" ")[1]
    return with_header(delivery, "authorization", f"Bearer {other_letter(data, token)}")


def in_url(data: st.DataObject, _: Capture, delivery: Delivery) -> Delivery:
    """Any place of the address but its port, which senders sign with and without."""
    return msgspec.structs.replace(delivery, url=other_letter(data, delivery.url))


def of_a_stranger(data: st.DataObject, seen: Capture, delivery: Delivery) -> Delivery:
    """Signed in the right way by somebody who does not know the secret."""
    secret = signing.new_secret(seen.provider, data.draw(st.binary(min_size=32, max_size=32)))
    request = signing.Request(delivery.method, delivery.url, delivery.body, delivery.headers)
    forged = signing.signed(seen.provider, request, [secret], seen.now)
    headers = {name.lower(): value for name, value in forged.headers.items()}
    return msgspec.structs.replace(delivery, body=forged.body, headers=headers)


DAMAGES: dict[str, Sequence[Damage]] = {
    "twilio": (in_body, in_header("x-twilio-signature"), without_header("x-twilio-signature"), in_url, of_a_stranger),
    "telnyx": (
        in_body,
        in_header("telnyx-timestamp"),
        in_header("telnyx-signature-ed25519"),
        without_header("telnyx-timestamp"),
        without_header("telnyx-signature-ed25519"),
        of_a_stranger,
    ),
    "vonage": (in_body, in_token, without_header("authorization"), of_a_stranger),
    "aircall": (of_a_stranger,),
}
VALID = {p: [c for c in captures(p) if c.valid] for p in DAMAGES}
CASES = [(p, damage) for p, damages in DAMAGES.items() for damage in damages]


def signed_content(provider: str, delivery: Delivery) -> object:
    """What a form says, for schemes that sign fields and not bytes: the same fields spelled otherwise are
    the same content (`%20` and `+`, the order of names, a name twice with one value).
    """
    if provider != "twilio" or not delivery.headers.get("content-type", "").startswith("application/x-www-form"):
        return delivery
    try:
        fields = signing.Request(delivery.method, delivery.url, delivery.body).form
    except ValueError:
        return delivery
    joined = "".join(name + value for name, value in sorted(set(fields)))
    return (joined, delivery.url, delivery.headers)


@pytest.mark.parametrize(("provider", "damage"), CASES, ids=[f"{p} {d.__qualname__}" for p, d in CASES])
@given(data=st.data())
def test_what_is_damaged_in_a_covered_place_is_refused(provider: str, damage: Damage, data: st.DataObject) -> None:
    usable = [c for c in VALID[provider] if damage is not in_body or c.body]
    seen = data.draw(st.sampled_from(usable))
    damaged = damage(data, seen, seen.delivery)
    if signed_content(provider, damaged) == signed_content(provider, seen.delivery):
        return
    with pytest.raises(NotAuthentic):
        providers.adapter(provider).verify(damaged, seen.secrets, seen.connection, seen.now)


@pytest.mark.parametrize("provider", sorted(DAMAGES))
@given(data=st.data())
def test_no_request_from_nowhere_is_taken_or_breaks_anything(provider: str, data: st.DataObject) -> None:
    adapter, seen = providers.adapter(provider), VALID[provider][0]
    names = st.sampled_from(["authorization", "content-type", "x-twilio-signature", "telnyx-timestamp"])
    forged = Delivery(
        method=data.draw(st.sampled_from(["GET", "POST"])),
        url=seen.url,
        headers=data.draw(st.dictionaries(names | st.just("telnyx-signature-ed25519"), st.text(max_size=40))),
        query=data.draw(st.text(st.characters(exclude_categories=()), max_size=40)),
        body=data.draw(st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b"null", b'{"token":["x"]}'])),
    )
    with pytest.raises(NotAuthentic):
        adapter.verify(forged, seen.secrets, seen.connection, seen.now)


@pytest.mark.parametrize("provider", sorted(DAMAGES))
@given(data=st.data())
def test_signed_nonsense_is_unreadable_and_no_fault(provider: str, data: st.DataObject) -> None:
    """A signature proves the sender, not that he makes sense."""
    adapter = providers.adapter(provider)
    seen = data.draw(st.sampled_from(VALID[provider]))
    body = data.draw(st.binary(max_size=60)) if data.draw(st.booleans()) else other_byte(data, seen.body or b"x")
    delivery = msgspec.structs.replace(seen.delivery, body=body, query=data.draw(st.text(max_size=20)))
    try:
        identity = adapter.identify(delivery, seen.connection)
    except Unreadable:
        return
    event = msgspec.structs.replace(event_of(seen), body=body, query=delivery.query)
    event = msgspec.structs.replace(event, subject=msgspec.structs.replace(event.subject, kind=identity.kind))
    with suppress(Unreadable):
        adapter.parse(event, seen.connection)


@pytest.mark.parametrize("provider", ["twilio", "telnyx", "vonage", "aircall"])
@given(
    body=st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=6),
    other=st.binary(min_size=32, max_size=32),
)
def test_what_a_sender_signs_is_taken_whatever_it_says(provider: str, body: dict[str, str], other: bytes) -> None:
    """With any content, and while an older secret is still live."""
    seen = VALID[provider][0]
    secret = SEED if provider == "telnyx" else SECRETS[provider]
    content = urlencode(body).encode() if provider == "twilio" else json.dumps(body).encode()
    kind = signing.FORM if provider == "twilio" else "application/json"
    request = signing.Request(
        "POST", "https://ringlake.example.com/webhooks/x/y?a=%20b", content, {"content-type": kind}
    )
    made = signing.signed(provider, request, [secret], seen.now)
    delivery = Delivery(
        method="POST",
        url=made.url,
        headers={n.lower(): v for n, v in made.headers.items()},
        query="a=%20b",
        body=made.body,
    )
    older = signing.receiver_secret(provider, signing.new_secret(provider, other)).encode()
    providers.adapter(provider).verify(delivery, [older, *seen.secrets], seen.connection, seen.now)


ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 10**30, 0.5, "", " ", "\ud800", "x" * 600, "\n", [], {}, [None], {"id": []}, [[]]]
)


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in a document, as the keys that lead there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in inner for found in places(part, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    head, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[head] = put(value[head], tuple(rest), new)
    return copy


@pytest.mark.parametrize("provider", ["telnyx", "vonage", "aircall"])
@given(data=st.data())
@settings(max_examples=4 * settings().max_examples)
def test_one_odd_value_is_unreadable_or_left_out_and_no_fault(provider: str, data: st.DataObject) -> None:
    """Providers change types without notice; what is stored must be readable by whoever mends the adapter."""
    adapter = providers.adapter(provider)
    seen = data.draw(st.sampled_from([c for c in VALID[provider] if c.body]))
    content = json.loads(seen.body)
    changed = put(content, data.draw(st.sampled_from(places(content)[1:])), data.draw(ODD))
    delivery = msgspec.structs.replace(seen.delivery, body=json.dumps(changed).encode())
    try:
        identity = adapter.identify(delivery, seen.connection)
    except Unreadable:
        return
    assert identity.subject_id
    assert identity.event_id
    kept = event_of(seen)
    subject = msgspec.structs.replace(kept.subject, kind=identity.kind, id=identity.subject_id)
    with suppress(Unreadable):
        to_json(
            list(adapter.parse(msgspec.structs.replace(kept, subject=subject, body=delivery.body), seen.connection))
        )


@given(data=st.data())
@settings(max_examples=4 * settings().max_examples)
def test_one_odd_field_of_a_form_is_no_fault(data: st.DataObject) -> None:
    adapter = providers.adapter("twilio")
    seen = data.draw(st.sampled_from([c for c in VALID["twilio"] if c.body and c.body[:1] != b"{"]))
    fields = signing.Request("POST", seen.url, seen.body).form
    at = data.draw(st.integers(0, len(fields) - 1))
    name, value = data.draw(
        st.sampled_from([(fields[at][0], ""), (fields[at][0], "x" * 600), ("", "x"), ("CallSid", "\n")])
    )
    body = urlencode([*fields[:at], (name, value), *fields[at + 1 :]]).encode()
    delivery = msgspec.structs.replace(seen.delivery, body=body)
    try:
        identity = adapter.identify(delivery, seen.connection)
    except Unreadable:
        return
    kept = event_of(seen)
    subject = msgspec.structs.replace(kept.subject, kind=identity.kind, id=identity.subject_id)
    with suppress(Unreadable):
        to_json(list(adapter.parse(msgspec.structs.replace(kept, subject=subject, body=body), seen.connection)))
