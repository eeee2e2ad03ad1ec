"""Forged and damaged requests by the ten thousand: none is accepted, and no genuine one is refused.

The deep profile of tests/conftest.py makes it a quarter of a million.
"""

from __future__ import annotations

import base64
import hmac
import random
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import settings

from ringlake import providers
from ringlake.errors import NotAuthentic
from ringlake.model.events import Delivery
from ringlake.providers.signatures import sign_openphone, sign_standard
from tests.contract.captures import Capture, captures

TRIES = settings().max_examples
FORGED, GENUINE = 250 * TRIES, 25 * TRIES
SEEN = [c for c in captures("openphone", "generic") if c.outcome == "accepted"]
Forge = Callable[[random.Random, Capture, Delivery], Delivery]


def signature_header(delivery: Delivery) -> str:
    return "openphone-signature" if "openphone-signature" in delivery.headers else "webhook-signature"


def with_header(delivery: Delivery, name: str, value: str) -> Delivery:
    return msgspec.structs.replace(delivery, headers=delivery.headers | {name: value})


def other_body(rng: random.Random, _: Capture, delivery: Delivery) -> Delivery:
    at = rng.randrange(len(delivery.body))
    change = rng.choice(["bit", "cut", "add", "swap", "end"])
    body = delivery.body
    parts = {
        "bit": body[:at] + bytes([body[at] ^ (1 << rng.randrange(8))]) + body[at + 1 :],
        "cut": body[:at] + body[at + 1 :],
        "add": body[:at] + b" " + body[at:],
        "swap": body.replace(b'":"', b'": "', 1),
        "end": body + rng.choice([b"\n", b"\0", b" "]),
    }
    return msgspec.structs.replace(delivery, body=parts[change])


def other_key(rng: random.Random, seen: Capture, delivery: Delivery) -> Delivery:
    """Correctly signed by somebody who does not know the secret."""
    key = base64.b64encode(rng.randbytes(rng.choice([1, 16, 24, 32, 64])))
    stamp = int(seen.now.timestamp())
    if "openphone-signature" in delivery.headers:
        return with_header(delivery, "openphone-signature", sign_openphone(key, stamp * 1000, delivery.body))
    headers = delivery.headers
    return (
        with_header(delivery, "webhook-signature", sign_standard(key, headers["webhook-id"], stamp, delivery.body))
        if headers["webhook-timestamp"] == str(stamp)
        else other_body(rng, seen, delivery)
    )


def other_scheme(rng: random.Random, seen: Capture, delivery: Delivery) -> Delivery:
    """The right key under the wrong content: body alone, other separators, other hash, other order."""
    headers = delivery.headers
    key = base64.b64decode(seen.secrets[0].removeprefix(b"whsec" + b"_"))
    webhook_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "1")
    content = rng.choice(
        [
            delivery.body,
            f"{stamp}.".encode() + delivery.body + b".",
            f"{webhook_id}{stamp}".encode() + delivery.body,
            f"{stamp}.{webhook_id}.".encode() + delivery.body,
            f"{webhook_id}.{stamp}.".encode() + delivery.body[:-1],
            b"",
        ]
    )
    digest = base64.b64encode(hmac.digest(key, content, rng.choice(["sha256", "sha1", "sha512"]))).decode()
    if "openphone-signature" in headers:
        time = headers["openphone-signature"].split(";")[2]
        return with_header(delivery, "openphone-signature", f"hmac;1;{time};{digest}")
    return with_header(delivery, "webhook-signature", f"{rng.choice(['v1', 'v2', 'v1a'])},{digest}")


def other_header(rng: random.Random, _: Capture, delivery: Delivery) -> Delivery:
    """One character of the signature header or of what it covers, changed, lost or doubled."""
    names = [n for n in delivery.headers if n.startswith(("webhook-", "openphone-"))]
    name = rng.choice(names)
    if " " in delivery.headers[name]:  # a list of signatures: another entry would still be good
        name = "webhook-timestamp"
    value = delivery.headers[name]
    at = rng.randrange(len(value))
    letter = rng.choice("ABCxyz019+/=;,.v -_é\0")
    changed = rng.choice(
        [value[:at] + letter + value[at + 1 :], value[:at] + value[at + 1 :], value[:at] + value[at] + value[at:]]
    )
    if changed == value or (name == "webhook-signature" and changed.rstrip(" ") == value):
        changed = ""
    # A second entry after a space leaves the first one as it was only when nothing of it was changed.
    return with_header(delivery, name, changed)


def without(rng: random.Random, _: Capture, delivery: Delivery) -> Delivery:
    names = [n for n in delivery.headers if n.startswith(("webhook-", "openphone-"))]
    gone = rng.choice(names)
    return msgspec.structs.replace(delivery, headers={n: v for n, v in delivery.headers.items() if n != gone})


def borrowed(rng: random.Random, _: Capture, delivery: Delivery) -> Delivery:
    """The genuine signature of another delivery."""
    name = signature_header(delivery)
    others = [c.delivery for c in SEEN if name in c.delivery.headers and c.delivery.body != delivery.body]
    return with_header(delivery, name, rng.choice(others).headers[name])


@pytest.mark.parametrize("forge", [other_body, other_key, other_scheme, other_header, without, borrowed])
def test_no_forgery_is_accepted(forge: Forge) -> None:
    rng = random.Random(f"{forge.__name__} {TRIES}")
    accepted = []
    ready = [(c, c.delivery, c.secrets, c.connection, c.now, providers.adapter(c.provider)) for c in SEEN]
    for _ in range(FORGED // 6):
        seen, delivery, secrets, connection, now, adapter = rng.choice(ready)
        forged = forge(rng, seen, delivery)
        if forged == delivery:
            continue
        try:
            adapter.verify(forged, secrets, connection, now)
        except NotAuthentic:
            continue
        accepted.append((seen.name, forged))
    assert accepted == []


def test_no_genuine_delivery_is_refused() -> None:
    rng = random.Random(TRIES)
    ready = [(c.delivery, c.secrets, c.connection, c.now, providers.adapter(c.provider)) for c in SEEN]
    for _ in range(GENUINE):
        delivery, secrets, connection, now, adapter = rng.choice(ready)
        body = rng.randbytes(rng.randrange(2000))
        stamp = int(now.timestamp()) + rng.randint(-299, 299)
        secret = base64.b64encode(rng.randbytes(32))
        live = [*secrets, secret] if rng.random() < 0.5 else [secret, *secrets]
        if "openphone-signature" in delivery.headers:
            headers = {"openphone-signature": sign_openphone(secret, stamp * 1000, body)}
        else:
            webhook_id = f"msg_{rng.getrandbits(64):x}"
            signed = sign_standard(secret, webhook_id, stamp, body)
            headers = {"webhook-id": webhook_id, "webhook-timestamp": str(stamp), "webhook-signature": signed}
        adapter.verify(Delivery(method="POST", url="", headers=headers, query="", body=body), live, connection, now)
