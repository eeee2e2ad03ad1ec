"""Dialpad, RingCentral, Amazon Connect, Focus and WiseParts: forged variants are refused, nothing is a fault."""

from __future__ import annotations

import base64
import copy
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ringlake import providers
from ringlake.errors import NotAuthentic, Unreadable
from ringlake.flows.ingest import Outcome
from ringlake.model.base import from_json, to_json
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery
from ringlake.providers import jws
from ringlake.providers.signatures import sign_standard
from tests.contract.captures import SECRETS, Capture, capture, captures, event_of, house

NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
MANY = settings().max_examples
LINE = Connection(id="line", workspace="acme", provider="dialpad")
ACCEPTED = [
    c
    for c in captures("dialpad", "ringcentral", "amazon_connect", "fcc", "wiseparts")
    if c.outcome == "accepted" and c.body
]
DIALPAD = [c for c in ACCEPTED if c.provider == "dialpad"]
secrets = st.binary(min_size=1, max_size=40)
anything = st.text(st.characters(exclude_categories=()), max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["", "0", "+1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def takes(delivery: Delivery, live: list[bytes], connection: Connection, now: datetime = NOW) -> bool:
    try:
        providers.adapter(connection.provider).verify(delivery, live, connection, now)
    except NotAuthentic:
        return False
    return True


def post(body: bytes, headers: dict[str, str] | None = None, method: str = "POST") -> Delivery:
    return Delivery(method=method, url="", headers=headers or {}, query="", body=body)


# --- tokens


@given(claims=st.dictionaries(st.text(max_size=8), json_values, max_size=4), mine=secrets, others=st.lists(secrets))
def test_a_token_is_taken_by_any_live_secret_and_by_no_other(
    claims: dict[str, Any], mine: bytes, others: list[bytes]
) -> None:
    assume(mine not in others)
    body = jws.sign(json.dumps(claims).encode(), mine)
    assert takes(post(body), [*others, mine], LINE)
    assert takes(post(b' "' + body + b'"\n'), [mine], LINE)
    assert not takes(post(body), others, LINE)
    assert not takes(post(body), [], LINE)


@given(data=st.data())
@settings(max_examples=10 * MANY)
def test_one_changed_letter_of_a_token_is_refused(data: st.DataObject) -> None:
    """Also one that base64 decoders forgive: the last letter of the signature has unused bits."""
    seen = data.draw(st.sampled_from(DIALPAD))
    token = seen.body.strip().strip(b'"')
    at = data.draw(st.integers(0, len(token) - 1) | st.just(len(token) - 1))
    letter = data.draw(st.sampled_from(b"ABCDwxyz0189-_.=+/ \n\0"))
    assume(token[at] != letter)
    changed = token[:at] + bytes([letter]) + token[at + 1 :]
    # Spaces around a token, and one pair of quotes, are none of it.
    assume(changed.strip() != token)
    assert not takes(post(changed), seen.secrets, seen.connection)


@pytest.mark.parametrize(
    "head",
    [
        b'{"alg":"none"}',
        b'{"alg":"None"}',
        b'{"alg":"hs256"}',
        b'{"alg":"HS512"}',
        b'{"alg":"RS256"}',
        b'{"alg":["HS256"]}',
        b'{"alg":null}',
        b'{"typ":"JWT"}',
        b'{"alg":"HS256","crit":["exp"]}',
        b"[]",
        b"HS256",
        b"\xff",
    ],
)
def test_every_other_algorithm_is_refused_even_when_the_signature_is_right(head: bytes) -> None:
    assert not takes(post(jws.sign(b'{"call_id":1,"state":"hangup"}', b"secret", head)), [b"secret"], LINE)


@given(body=st.binary(max_size=80) | st.from_regex(rb"\A[A-Za-z0-9_-]{0,9}(\.[A-Za-z0-9_-]{0,9}){0,4}\Z"))
@example(b"..")
@example(b'""')
@example(b'"')
@example(b"{}")
def test_what_is_no_token_is_refused(body: bytes) -> None:
    assert not takes(post(body), [b"secret"], LINE)


def test_ids_of_sixteen_and_nineteen_digits_stay_exact() -> None:
    for call_id in (5300000000000001, 9007199254740993, 9223372036854775807, "9007199254740993"):
        body = jws.sign(json.dumps({"call_id": call_id, "state": "ringing", "event_timestamp": 1}).encode(), b"s")
        identity = providers.adapter("dialpad").identify(post(body), LINE)
        assert identity.subject_id == str(call_id)
        assert identity.event_id == f"{call_id}/ringing/1"


@given(away_s=st.integers(-(10**6), 10**6), most=st.integers(0, 10**5), stamped=st.booleans())
def test_an_option_bounds_the_age_of_a_token(away_s: int, most: int, stamped: bool) -> None:
    line = msgspec.structs.replace(LINE, options={"max_age_s": str(most)})
    claims: dict[str, Any] = {"call_id": 1, "state": "hangup"}
    if stamped:
        claims["event_timestamp"] = int((NOW.timestamp() + away_s) * 1000)
    delivery = post(jws.sign(json.dumps(claims).encode(), b"secret"))
    assert takes(delivery, [b"secret"], line) is (stamped and abs(away_s) <= most)
    assert takes(delivery, [b"secret"], LINE)
    assert not takes(delivery, [b"guess"], line)


# --- shared header tokens


@given(given_token=anything, mine=st.text(min_size=1, max_size=20))
def test_a_header_token_is_compared_whole(given_token: str, mine: str) -> None:
    line = msgspec.structs.replace(LINE, provider="ringcentral")
    delivery = post(b"{}", {"validation-token": given_token})
    assert takes(delivery, [b"", mine.encode()], line) is (given_token == mine)
    assert not takes(post(b"{}"), [b"", mine.encode()], line)


@given(token=anything, body=st.sampled_from([b"", b" ", b"\r\n", b"{}", b"x"]), method=st.sampled_from(["POST", "GET"]))
@example(token="x\r\nSet-Cookie: a=b", body=b"", method="POST")
@example(token="x" * 513, body=b"", method="POST")
def test_a_handshake_echoes_only_what_a_header_may_hold(token: str, body: bytes, method: str) -> None:
    adapter: Any = providers.adapter("ringcentral")
    answer = adapter.handshake(post(body, {"validation-token": token}, method), LINE)
    if answer is not None:
        assert (method, body.strip()) == ("POST", b"")
        assert answer.headers == {"validation-token": token}
        assert token.isascii()
        assert token.isprintable()
        assert len(token) <= 512


# --- passwords


@given(user=st.text(max_size=12), password=st.text(max_size=12))
@example(user="fcc-hook", password="")
@example(user="", password="")
@example(user="fcc-hook", password="fcc-test-password-0001")
def test_a_password_is_compared_whole(user: str, password: str) -> None:
    ours = SECRETS["fcc"].encode()
    sent = f"{user}:{password}".encode()
    line = msgspec.structs.replace(LINE, provider="fcc")
    headers = {"authorization": "Basic " + base64.b64encode(sent).decode()}
    # A Standard Webhooks secret beside it has no colon and is no password.
    assert takes(post(b"{}", headers), [SECRETS["generic"].encode(), ours], line) is (sent == ours)


@given(header=anything)
@example("Basic")
@example("Basic Og==")
@example("Basic fcc-hook:fcc-test-password-0001")
def test_a_header_that_is_no_password_is_refused(header: str) -> None:
    line = msgspec.structs.replace(LINE, provider="fcc")
    for live in ([SECRETS["fcc"].encode()], [b":", b"", b"x"], []):
        assert not takes(post(b"{}", {"authorization": header}), live, line)


# --- the bus


@given(method=anything.filter(lambda m: m != "EVENT"))
def test_only_the_bus_delivers_for_amazon_connect(method: str) -> None:
    seen = capture("amazon_connect/04_disconnected")
    assert takes(seen.delivery, [], seen.connection)
    assert not takes(msgspec.structs.replace(seen.delivery, method=method), [], seen.connection)


@given(data=st.data())
@settings(max_examples=5 * MANY)
def test_source_type_account_and_instance_must_be_the_connections(data: st.DataObject) -> None:
    seen = capture("amazon_connect/04_disconnected")
    event = json.loads(seen.body)
    holder, name = data.draw(
        st.sampled_from(
            [(event, "source"), (event, "detail-type"), (event, "account"), (event["detail"], "instanceArn")]
        )
    )
    before = holder[name]
    holder[name] = data.draw(json_values)
    assume(holder[name] != before)
    assert not takes(post(json.dumps(event).encode(), method="EVENT"), [], seen.connection)
    del holder[name]
    assert not takes(post(json.dumps(event).encode(), method="EVENT"), [], seen.connection)


@pytest.mark.parametrize("option", ["", "*", "arn:aws:connect:us-east-1:111122223333:instance/", "x"])
def test_a_connection_without_an_instance_takes_nothing(option: str) -> None:
    seen = capture("amazon_connect/04_disconnected")
    event = json.loads(seen.body)
    event["detail"]["instanceArn"] = option
    line = msgspec.structs.replace(seen.connection, options={"instance_arn": option})
    assert not takes(post(json.dumps(event).encode(), method="EVENT"), [], line)


# --- whatever is in them


@given(data=st.data())
@settings(max_examples=20 * MANY)
def test_a_delivery_with_any_field_replaced_is_read_or_named_unreadable(data: st.DataObject) -> None:
    """Any node of a real body becomes any JSON value; the reader raises nothing but its own error."""
    seen = data.draw(st.sampled_from(ACCEPTED))
    body = copy.deepcopy(spoken(seen))
    for _ in range(data.draw(st.integers(1, 3))):
        spot = data.draw(st.sampled_from(spots(body) or [(body, "x")]))
        spot[0][spot[1]] = data.draw(json_values)
    home = house(seen.connection)
    result = home.take(said_again(seen, body), seen.provider, seen.now)
    assert result.outcome in (Outcome.ACCEPTED, Outcome.QUARANTINED, Outcome.NOT_AUTHENTIC)
    for event in home.stored():
        try:
            facts = providers.adapter(seen.provider).parse(event, seen.connection)
        except Unreadable as error:
            refused = error
        else:
            assert [from_json(to_json(fact), type(fact)) for fact in facts] == list(facts)
            continue
        assert (refused.field and refused.reason) != ""


@pytest.mark.parametrize("seen", ACCEPTED, ids=lambda seen: seen.name)
def test_fields_that_nobody_knows_change_nothing(seen: Capture) -> None:
    body = spoken(seen)
    adapter = providers.adapter(seen.provider)
    for node in [body, *(n[k] for n, k in spots(body) if isinstance(n[k], dict))]:
        node["a_field_of_the_future"] = {"x": [1]}
    event = event_of(seen)
    more = msgspec.structs.replace(event, body=said_again(seen, body).body)
    assert adapter.parse(more, seen.connection) == adapter.parse(event, seen.connection)


def spoken(seen: Capture) -> Any:
    body = seen.body
    return json.loads(jws.payload_of(body.strip().strip(b'"')) if seen.provider == "dialpad" else body)


def said_again(seen: Capture, body: Any) -> Delivery:
    """The capture's request with another body, proved as its sender would."""
    raw = json.dumps(body).encode()
    headers = dict(seen.delivery.headers)
    if seen.provider == "dialpad":
        raw = jws.sign(raw, seen.secrets[0])
    if "webhook-signature" in headers:
        stamp, secret = int(headers["webhook-timestamp"]), SECRETS["generic"].encode()
        headers["webhook-signature"] = sign_standard(secret, headers["webhook-id"], stamp, raw)
    return msgspec.structs.replace(seen.delivery, body=raw, headers=headers)


def spots(node: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value that can be replaced."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
    return [found for key in keys for found in [(node, key), *spots(node[key])]]
