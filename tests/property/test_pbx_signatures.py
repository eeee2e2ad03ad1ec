"""The schemes of Ringostat, Novofon and Zadarma: what one byte changes, and that nothing is a fault.

The signature of PBX notifications covers three fields without separators and nothing else: the
tests change what it covers, and say what it does not.
"""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import quote_from_bytes, urlencode

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ringlake import providers
from ringlake.errors import NotAuthentic, Unreadable
from ringlake.flows.ingest import Outcome
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery
from ringlake.providers import notify
from tests.contract.captures import Capture, captures, event_of, house

NOW = datetime(2026, 9, 14, 15, tzinfo=UTC)
LINE = Connection(id="line", workspace="acme", provider="zadarma")
PBX = ("novofon", "zadarma")
MANY = settings().max_examples
ACCEPTED = [c for c in captures("ringostat", "novofon", "zadarma") if c.outcome == "accepted"]
SIGNED = [c for c in ACCEPTED if "signature" in c.delivery.headers]
TOKENS = [c for c in ACCEPTED if "token=" in c.delivery.query]
secrets = st.binary(min_size=1, max_size=40)
values = st.binary(max_size=24)
events = st.sampled_from(sorted(notify.SIGNED))


def form(event: str, fields: dict[str, bytes]) -> bytes:
    return "&".join(f"{n}={quote_from_bytes(v)}" for n, v in {"event": event.encode(), **fields}.items()).encode()


def post(body: bytes, signature: str) -> Delivery:
    headers = {"signature": signature, "content-type": "application/x-www-form-urlencoded"}
    return Delivery(method="POST", url="", headers=headers, query="", body=body)


def takes(delivery: Delivery, live: list[bytes], provider: str = "zadarma") -> bool:
    try:
        providers.adapter(provider).verify(delivery, live, LINE, NOW)
    except NotAuthentic:
        return False
    return True


@given(event=events, data=st.data(), secret=secrets, others=st.lists(secrets, max_size=3), raw=st.booleans())
def test_every_byte_of_what_is_signed_counts(
    event: str, data: st.DataObject, secret: bytes, others: list[bytes], raw: bool
) -> None:
    """In both encodings, with any number of live secrets, whichever of them signed."""
    names = notify.SIGNED[event]
    fields = {name: data.draw(values) for name in names}
    content = b"".join(fields.values())
    assume(content)
    digest = hmac.digest(secret, content, "sha1")
    signature = base64.b64encode(digest if raw else digest.hex().encode()).decode()
    live = data.draw(st.permutations([secret, *others]))
    assert takes(post(form(event, fields), signature), live)
    name = data.draw(st.sampled_from([n for n in names if fields[n]]))
    at = data.draw(st.integers(0, len(fields[name]) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    flipped = fields[name][:at] + bytes([fields[name][at] ^ bit]) + fields[name][at + 1 :]
    assert not takes(post(form(event, fields | {name: flipped}), signature), live)
    assert not takes(post(form(event, fields | {name: fields[name] + b"0"}), signature), live)
    assert not takes(post(form(event, {n: v for n, v in fields.items() if n != name}), signature), live)


@given(event=events, data=st.data(), secret=secrets, raw=st.booleans())
def test_every_character_of_the_signature_counts(event: str, data: st.DataObject, secret: bytes, raw: bool) -> None:
    body = form(event, dict.fromkeys(notify.SIGNED[event], b"7"))
    signature = notify.signatures(secret, body)[raw]
    at = data.draw(st.integers(0, len(signature) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019+/= \0\u00e9"))
    assume(letter != signature[at])
    assert takes(post(body, signature), [secret])
    for changed in (
        signature[:at] + letter + signature[at + 1 :],
        signature[:at] + signature[at + 1 :],
        signature + "=",
        signature.lower(),
        hmac.digest(secret, b"777", "sha1").hex(),
        "",
    ):
        assert not takes(post(body, changed), [secret])


@given(secret=secrets, other=secrets, hash_name=st.sampled_from(["md5", "sha256", "sha512"]))
def test_another_secret_or_another_hash_signs_nothing(secret: bytes, other: bytes, hash_name: str) -> None:
    body = form("NOTIFY_RECORD", {"pbx_call_id": b"in_1", "call_id_with_rec": b"9"})
    assume(hmac.digest(secret, b"x", "sha1") != hmac.digest(other, b"x", "sha1"))
    assert not takes(post(body, notify.signatures(other, body)[0]), [secret])
    wrong = base64.b64encode(hmac.digest(secret, b"in_19", hash_name).hex().encode()).decode()
    assert not takes(post(body, wrong), [secret])
    assert not takes(post(body, notify.signatures(secret, body)[0]), [])
    # An empty secret is a mistake at set-up and not a key that everybody knows.
    assert not takes(post(body, notify.signatures(b"", body)[0]), [b""])


@pytest.mark.parametrize("event", sorted(notify.SIGNED))
def test_a_signature_over_nothing_proves_nothing(event: str) -> None:
    nothing = base64.b64encode(hmac.digest(b"s", b"", "sha1").hex().encode()).decode()
    assert not takes(post(form(event, {"pbx_call_id": b""}), nothing), [b"s"])


def test_equal_names_are_read_alike_by_the_check_and_by_the_reader() -> None:
    """As PHP reads them: the last counts. Otherwise one value would be signed and another one used."""
    body = b"event=NOTIFY_START&caller_id=1&caller_id=12025550143&called_did=12025550101&call_start=x&pbx_call_id=in_1"
    signed = base64.b64encode(hmac.digest(b"s", b"1202555014312025550101x", "sha1").hex().encode()).decode()
    other = base64.b64encode(hmac.digest(b"s", b"112025550101x", "sha1").hex().encode()).decode()
    assert takes(post(body, signed), [b"s"])
    assert not takes(post(body, other), [b"s"])


@pytest.mark.parametrize("seen", SIGNED, ids=lambda seen: seen.name)
def test_a_forged_variant_of_each_capture_is_refused_and_stored_nowhere(seen: Capture) -> None:
    given_signature = seen.delivery.headers["signature"]
    flipped = ("A" if given_signature[0] != "A" else "B") + given_signature[1:]
    home = house(seen.connection)
    for headers in (
        seen.delivery.headers | {"signature": flipped},
        {n: v for n, v in seen.delivery.headers.items() if n != "signature"},
    ):
        forged = msgspec.structs.replace(seen.delivery, headers=headers)
        assert home.take(forged, seen.provider, seen.now).outcome is Outcome.NOT_AUTHENTIC
    assert not home.stored()
    assert not home.journal.held


@pytest.mark.parametrize("seen", TOKENS, ids=lambda seen: seen.name)
def test_a_forged_token_of_each_capture_is_refused_and_stored_nowhere(seen: Capture) -> None:
    home = house(seen.connection)
    for query in (
        seen.delivery.query.replace("token=", "token=x"),
        seen.delivery.query.replace("token=", "tocken="),
        seen.delivery.query + "&token=",
        seen.delivery.query + "&TOKEN=guess",
        "",
    ):
        forged = msgspec.structs.replace(seen.delivery, query=query)
        assert home.take(forged, seen.provider, seen.now).outcome is Outcome.NOT_AUTHENTIC
    assert not home.stored()
    assert not home.journal.held


@given(token=st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
@example(token="ä b+c&d=e%").via("every character that a query spells in its own way")
def test_a_token_of_any_characters_is_known_again_and_any_other_is_not(token: str) -> None:
    for provider in ("ringostat", "novofon"):
        live = [b"another", token.encode()]
        query = urlencode({"event": "CALL_END", "token": token})
        assert takes(Delivery(method="GET", url="", headers={}, query=query, body=b""), live, provider)
        assert not takes(Delivery(method="GET", url="", headers={}, query=query, body=b""), [b"another"], provider)
        assert not takes(Delivery(method="GET", url="", headers={}, query="token=", body=b""), [b""], provider)


# --- nothing is a fault

loose = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "0", "-1", "00:01:02", "2026-09-14 12:00:00", "NaN", "\ud800", "9" * 400, "1e9", "in_1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=4,
)
PARTS = [c for c in ACCEPTED if c.body[:1] == b"{"]
FORMS = [c for c in ACCEPTED if c.body and c.body[:1] != b"{"]


def readable(delivery: Delivery, seen: Capture) -> None:
    adapter = providers.adapter(seen.provider)
    try:
        identity = adapter.identify(delivery, seen.connection)
    except Unreadable:
        return
    event = msgspec.structs.replace(
        event_of(seen), body=delivery.body, query=delivery.query, event_type=identity.event_type
    )
    adapter.parse(event, seen.connection)


@given(seen=st.sampled_from(PARTS), data=st.data())
@settings(max_examples=10 * MANY)
def test_a_field_of_any_type_is_no_fault(seen: Capture, data: st.DataObject) -> None:
    fields = json.loads(seen.body)
    name = data.draw(st.sampled_from([*fields, "unheard_of"]))
    changed = fields | {name: data.draw(loose)}
    readable(msgspec.structs.replace(seen.delivery, body=json.dumps(changed).encode()), seen)


@given(seen=st.sampled_from(FORMS), data=st.data())
@settings(max_examples=10 * MANY)
def test_a_form_with_any_bytes_is_no_fault(seen: Capture, data: st.DataObject) -> None:
    pairs = seen.body.split(b"&")
    at = data.draw(st.integers(0, len(pairs) - 1))
    name = pairs[at].partition(b"=")[0]
    strange = st.binary(max_size=20) | st.sampled_from([b"2026-02-30 25:61:00", b"-5", b"[", b"{}", b"\xff\xfe", b"%"])
    pairs[at] = data.draw(st.sampled_from([name, b"", b"%zz"])) + b"=" + data.draw(strange)
    readable(msgspec.structs.replace(seen.delivery, body=b"&".join(pairs)), seen)


@given(body=st.binary(max_size=200), query=st.text(max_size=60))
@settings(max_examples=5 * MANY)
@example(body=b"[[[[", query="")
@example(body=b"{" * 5000, query="event=after_call")
@example(body=b"[" * 5000, query="event=after_call")
def test_any_bytes_under_a_good_token_are_kept_or_set_aside(body: bytes, query: str) -> None:
    for provider in ("ringostat", "novofon"):
        seen = next(c for c in TOKENS if c.provider == provider)
        token = seen.secrets[0].decode()
        delivery = Delivery(method="POST", url="", headers={}, query=f"token={token}&{query}", body=body)
        outcome = house(seen.connection).take(delivery, provider, NOW).outcome
        assert outcome in (Outcome.ACCEPTED, Outcome.QUARANTINED, Outcome.NOT_AUTHENTIC)
        # A body of the classic line asks for its signature, whatever the address says.
        if "token" not in query.lower() and "%" not in query and not notify.is_notification(body):
            assert outcome is not Outcome.NOT_AUTHENTIC
