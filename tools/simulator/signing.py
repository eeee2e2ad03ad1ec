"""How each provider proves itself: a request signed as its own system would sign it.

Written from the providers' documentation (docs/providers) and independent of the verifiers in
ringlake.providers, so that one mistake cannot hide on both sides. A secret is the text that the
sender holds; what the receiver is told is `receiver_secret` (Telnyx: the public key of the seed).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit, urlunsplit

from nacl.signing import SigningKey

OPENPHONE, STANDARD = "openphone", "standard"
TWILIO, AIRCALL, TELNYX, VONAGE, DIALPAD = "twilio", "aircall", "telnyx", "vonage", "dialpad"
NOVOFON, NOVOFON2, ZADARMA = "novofon", "novofon 2.0", "zadarma"
RINGOSTAT, RINGOSTAT_HEADER = "ringostat", "ringostat header"
RINGCENTRAL, FCC, AMAZON_CONNECT = "ringcentral", "fcc", "amazon_connect"

FORM = "application/x-www-form-urlencoded"
# The fields that a PBX notification signs, in this order; a missing one counts as empty.
PBX_FIELDS: Mapping[str, tuple[str, ...]] = {
    "NOTIFY_START": ("caller_id", "called_did", "call_start"),
    "NOTIFY_INTERNAL": ("caller_id", "called_did", "call_start"),
    "NOTIFY_END": ("caller_id", "called_did", "call_start"),
    "NOTIFY_IVR": ("caller_id", "called_did", "call_start"),
    "NOTIFY_ANSWER": ("caller_id", "destination", "call_start"),
    "NOTIFY_OUT_START": ("internal", "destination", "call_start"),
    "NOTIFY_OUT_END": ("internal", "destination", "call_start"),
    "NOTIFY_RECORD": ("pbx_call_id", "call_id_with_rec"),
}
# The events whose data is one JSON text; what their signature covers is not documented.
PBX_OTHER = ("result",)
# What an event would sign that is newer than the documentation.
PBX_NEWER = PBX_FIELDS["NOTIFY_OUT_START"]
VONAGE_CLAIMS = {"iss": "Vonage", "api_key": "a1b2c3d4"}
_JWT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Request:
    """One HTTP request; `url` is the whole address as it was typed in at the sender, with its query."""

    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        return next((v for n, v in self.headers.items() if n.lower() == name.lower()), "")

    def with_header(self, name: str, value: str) -> Request:
        """The header set, whatever its spelling was before."""
        others = {n: v for n, v in self.headers.items() if n.lower() != name.lower()}
        return replace(self, headers={**others, name: value})

    @property
    def form(self) -> list[tuple[str, str]]:
        """Fields of a form body, or of the query where there is no body."""
        return _fields(self.body.decode("utf-8", "replace") if self.body else urlsplit(self.url).query)


Signer = Callable[[Request, Sequence[str], datetime, str], Request]


def signed(scheme: str, request: Request, secrets: Sequence[str], now: datetime, delivery_id: str = "") -> Request:
    """The request as the sender sends it at this moment. Only schemes with lists of signatures use more
    than the first secret; `delivery_id` matters where the scheme signs one.
    """
    return SIGNERS[scheme](request, secrets, now, delivery_id)


def scheme_of(provider: str, request: Request) -> str:
    """The scheme in which a provider made this request."""
    if provider == "openphone" and request.header("openphone-signature"):
        return OPENPHONE
    if provider == "openphone" or request.header("webhook-signature"):
        return STANDARD
    if provider == "fcc":
        return STANDARD if request.header("webhook-signature") else FCC
    if provider == "novofon":
        return NOVOFON if request.header("signature") else NOVOFON2
    if provider == RINGOSTAT and request.header("auth-key"):
        return RINGOSTAT_HEADER
    return provider if provider in SIGNERS else STANDARD


def is_signed(scheme: str, request: Request) -> bool:
    """Whether the request carries a proof at all, good or bad."""
    if scheme in HEADERS:
        return bool(request.header(HEADERS[scheme]))
    if scheme == AIRCALL:
        return isinstance(_object(request.body).get("token"), str)
    if scheme == DIALPAD:
        return bool(_JWT.fullmatch(_unquoted(request.body)))
    if scheme in (RINGOSTAT, NOVOFON2):
        return "token" in dict(_fields(urlsplit(request.url).query))
    return scheme == AMAZON_CONNECT


def receiver_secret(scheme: str, secret: str) -> str:
    """What the receiver is told of a sender's secret."""
    if scheme != TELNYX:
        return secret
    return base64.b64encode(bytes(SigningKey(base64.b64decode(secret)).verify_key)).decode()


def new_secret(scheme: str, seed: bytes) -> str:
    """A sender's secret in the form of its provider, from 32 random bytes."""
    if scheme in (OPENPHONE, TELNYX):
        return base64.b64encode(seed).decode()
    if scheme == STANDARD:
        return "whsec" + "_" + base64.b64encode(seed).decode()
    if scheme == FCC:
        return f"fcc-hook:{seed.hex()}"
    return seed.hex()[:32]


# --- headers over the body


def _openphone(request: Request, secrets: Sequence[str], now: datetime, _: str) -> Request:
    stamp = str(int(now.timestamp() * 1000))
    content = f"{stamp}.".encode() + request.body
    entries = [f"hmac;1;{stamp};{_b64(_mac('sha256', base64.b64decode(s), content))}" for s in secrets]
    return request.with_header("openphone-signature", ",".join(entries))


def _standard(request: Request, secrets: Sequence[str], now: datetime, delivery_id: str) -> Request:
    stamp = str(int(now.timestamp()))
    named = delivery_id or request.header("webhook-id") or f"msg_{hashlib.sha256(request.body).hexdigest()[:24]}"
    content = f"{named}.{stamp}.".encode() + request.body
    keys = [base64.b64decode(s.removeprefix("whsec" + "_")) for s in secrets]
    signature = " ".join(f"v1,{_b64(_mac('sha256', key, content))}" for key in keys)
    found = request.with_header("webhook-id", named).with_header("webhook-timestamp", stamp)
    return found.with_header("webhook-signature", signature)


def _telnyx(request: Request, secrets: Sequence[str], now: datetime, _: str) -> Request:
    stamp = str(int(now.timestamp()))
    key = SigningKey(base64.b64decode(secrets[0]))
    signature = key.sign(f"{stamp}|".encode() + request.body).signature
    return request.with_header("telnyx-timestamp", stamp).with_header("telnyx-signature-ed25519", _b64(signature))


def _vonage(request: Request, secrets: Sequence[str], now: datetime, delivery_id: str) -> Request:
    """The claims of an earlier signature stay but for the times and the hash."""
    _, _, token = request.header("authorization").partition(" ")
    known = claims(token.encode()) or VONAGE_CLAIMS
    named = delivery_id or known.get("jti") or hashlib.sha256(request.body).hexdigest()
    stated = {
        "iat": int(now.timestamp()),
        "jti": str(uuid.uuid5(uuid.NAMESPACE_URL, named)) if len(named) > 36 else named,
        "iss": known.get("iss", "Vonage"),
        "payload_hash": hashlib.sha256(request.body).hexdigest(),
        **{name: known[name] for name in ("api_key", "application_id") if name in known},
    }
    return request.with_header("Authorization", f"Bearer {jwt(stated, secrets[0]).decode()}")


def _twilio(request: Request, secrets: Sequence[str], _now: datetime, _: str) -> Request:
    """Form: the address, then each name and value in the order of the names. Other bodies: their hash is in
    the query and the address alone is signed. GET: the address alone.
    """
    address = request.url.partition("#")[0]
    content = address
    if request.body and not request.header("content-type").lower().startswith(FORM):
        address = _with_query(address, "bodySHA256", hashlib.sha256(request.body).hexdigest())
        content = address
    elif request.body:
        values: dict[str, set[str]] = {}
        for name, value in request.form:
            values.setdefault(name, set()).add(value)
        content += "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    signature = _b64(_mac("sha1", secrets[0].encode(), content.encode()))
    return replace(request, url=address).with_header("X-Twilio-Signature", signature)


def _pbx(request: Request, secrets: Sequence[str], _now: datetime, _: str) -> Request:
    """Base64 of the hexadecimal text of the HMAC, as the official libraries have it."""
    fields = dict(request.form)
    names = PBX_FIELDS.get(fields.get("event", ""), PBX_OTHER if "result" in fields else PBX_NEWER)
    content = "".join(fields.get(name, "") for name in names)
    digest = _mac("sha1", secrets[0].encode(), content.encode())
    return request.with_header("Signature", _b64(digest.hex().encode()))


# --- a secret in the open


def _basic(request: Request, secrets: Sequence[str], _now: datetime, _: str) -> Request:
    return request.with_header("Authorization", f"Basic {_b64(secrets[0].encode())}")


def _validation_token(request: Request, secrets: Sequence[str], _now: datetime, _: str) -> Request:
    return request.with_header("Validation-Token", secrets[0])


def _token_in_header(request: Request, secrets: Sequence[str], _now: datetime, _: str) -> Request:
    return request.with_header("Auth-Key", secrets[0])


def _token_in_query(request: Request, secrets: Sequence[str], _now: datetime, _: str) -> Request:
    return replace(request, url=_with_query(request.url, "token", secrets[0]))


def _token_in_body(request: Request, secrets: Sequence[str], _now: datetime, _: str) -> Request:
    content = _object(request.body)
    if not content and request.body.strip() != b"{}":
        return request
    return replace(request, body=_json({**content, "token": secrets[0]}))


def _body_is_jwt(request: Request, secrets: Sequence[str], _now: datetime, _: str) -> Request:
    body = _unquoted(request.body)
    stated = claims(body) or _object(body)
    return replace(request, body=jwt(stated, secrets[0])) if stated else request


def _unsigned(request: Request, _secrets: Sequence[str], _now: datetime, _: str) -> Request:
    """Events of EventBridge: whoever may put them on the bus is trusted."""
    return request


SIGNERS: Mapping[str, Signer] = {
    OPENPHONE: _openphone,
    STANDARD: _standard,
    TELNYX: _telnyx,
    VONAGE: _vonage,
    TWILIO: _twilio,
    NOVOFON: _pbx,
    ZADARMA: _pbx,
    NOVOFON2: _token_in_query,
    RINGOSTAT: _token_in_query,
    RINGOSTAT_HEADER: _token_in_header,
    FCC: _basic,
    RINGCENTRAL: _validation_token,
    AIRCALL: _token_in_body,
    DIALPAD: _body_is_jwt,
    AMAZON_CONNECT: _unsigned,
}
# The header that holds the proof, where it is a header.
HEADERS: Mapping[str, str] = {
    OPENPHONE: "openphone-signature",
    STANDARD: "webhook-signature",
    TELNYX: "telnyx-signature-ed25519",
    VONAGE: "authorization",
    TWILIO: "x-twilio-signature",
    NOVOFON: "signature",
    ZADARMA: "signature",
    FCC: "authorization",
    RINGOSTAT_HEADER: "auth-key",
    RINGCENTRAL: "validation-token",
}


# --- JSON web tokens


def jwt(stated: Mapping[str, Any], secret: str, algorithm: str = "HS256") -> bytes:
    """A compact token: header and claims in base64url, signed with the secret's bytes."""
    content = b".".join(_b64url(_json(part)) for part in ({"alg": algorithm, "typ": "JWT"}, dict(stated)))
    return content + b"." + _b64url(_mac("sha256", secret.encode(), content))


def claims(token: bytes) -> dict[str, Any]:
    """The claims of a token, unverified; empty when it is none."""
    if not _JWT.fullmatch(token):
        return {}
    part = token.split(b".")[1]
    try:
        return _object(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except binascii.Error:
        return {}


# --- small words


def _mac(hashed: str, key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, hashed)


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _b64url(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _unquoted(body: bytes) -> bytes:
    return body.strip().removeprefix(b'"').removesuffix(b'"')


def _fields(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True)


def _with_query(url: str, name: str, value: str) -> str:
    """One parameter set; the others stay as they were typed."""
    parts = urlsplit(url)
    kept = [p for p in parts.query.split("&") if p and p.partition("=")[0] != name]
    return urlunsplit(parts._replace(query="&".join([*kept, f"{name}={quote_plus(value)}"])))
