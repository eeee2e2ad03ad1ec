"""Deliveries that a customer composes: any method, JSON or form, any name for a field.

`fields` makes one flat mapping of a delivery, whatever it was sent as; `Reader` finds our own
names in it through the connection's options. A field that nobody knows stays in the raw event,
one of an unexpected type reads as text or as absent: a template is typed by hand, and one bad
field must not cost the call.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from ringlake.errors import NotAuthentic, Unreadable
from ringlake.model.events import Delivery, RawEvent

from .signatures import same_secret
from .values import document

# The parameter of the address that proves the sender, where there is no signature.
CREDENTIAL = "token"
KEPT_HEADERS = frozenset({"content-type"})
_BRACES = re.compile(r"^\{+|\}+$")
_TYPE = re.compile(r"[\w .:-]{1,64}")
_LONG_NUMBER = re.compile(r"\d{5}")
# Deeper than this no published template goes.
_DEPTH = 4


def fields(said: Delivery | RawEvent, known: Iterable[str] = ()) -> dict[str, Any]:
    """Everything a delivery says by lower-case name: the query, and over it the body.

    Nested objects are taken apart; a name that occurs twice keeps what the outer one says. Only `event`
    keeps what the address says: it is a fixed parameter there, and a template's field may be called so too.
    `known` names are found again where the sender lost an `&` between two pairs of a query.
    Raises `Unreadable` for a body that begins like JSON and is none.
    """
    found: dict[str, Any] = {
        _name(k): v for k, v in pairs(said.query.encode("utf-8", "replace"), known=frozenset(known)).items()
    }
    charset = charset_of(said.headers.get("content-type", ""))
    fixed = {"event": found["event"]} if found.get("event") else {}
    found |= {_name(k): v for k, v in _body(said.body, charset).items()} | fixed
    found.pop(CREDENTIAL, None)
    return found


def _body(body: bytes, charset: str) -> dict[str, Any]:
    raw = body.removeprefix(codecs.BOM_UTF8).strip()
    if not is_json(raw):
        return dict(pairs(raw, charset))
    if charset != "utf-8":
        raw = raw.decode(charset, "replace").encode()
    if raw[:1] == b"[":
        raw = _only(raw)
    return _flat(document(raw))


def is_json(body: bytes) -> bool:
    """Whether a body begins like JSON, whatever its content type says."""
    return body.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[")


def _only(raw: bytes) -> bytes:
    """The object of a list of one."""
    try:
        listed = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable("body", "not JSON") from None
    if not isinstance(listed, list) or len(listed) != 1:
        raise Unreadable("body", "not a JSON object")
    return msgspec.json.encode(listed[0])


def _flat(found: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for value in found.values():
        if isinstance(value, dict) and depth < _DEPTH:
            flat = _flat(value, depth + 1) | flat
    return flat | {n: v for n, v in found.items() if not isinstance(v, dict)}


def _name(raw: str) -> str:
    """Names are compared without case and without the braces of a template."""
    return _BRACES.sub("", raw.strip()).strip().lower()


def charset_of(content_type: str) -> str:
    """The charset of a content type as Python names it; UTF-8 where there is none or nobody knows it."""
    found = re.search(r"charset\s*=\s*\"?([\w.:-]+)", content_type, re.ASCII | re.IGNORECASE)
    try:
        return codecs.lookup(found[1]).name if found else "utf-8"
    except LookupError:
        return "utf-8"


def raw_pairs(form: bytes) -> dict[bytes, bytes]:
    """URL-encoded pairs as bytes; of equal names the last counts, as PHP reads them."""
    found: dict[bytes, bytes] = {}
    for part in form.strip().split(b"&"):
        name, _, value = part.partition(b"=")
        if name:
            found[_decoded(name)] = _decoded(value)
    return found


def pairs(form: bytes, charset: str = "utf-8", known: frozenset[str] = frozenset()) -> dict[str, str]:
    """URL-encoded pairs as text; bytes that are none of the charset become U+FFFD."""
    found = {n.decode(charset, "replace"): v.decode(charset, "replace") for n, v in raw_pairs(form).items()}
    return _parted(found, known) if known else found


def _decoded(part: bytes) -> bytes:
    return unquote_to_bytes(part.replace(b"+", b" "))


def _parted(found: dict[str, str], known: frozenset[str]) -> dict[str, str]:
    """Pairs that ran into each other, where the second one's name is known and stated nowhere else."""
    missing = sorted(known - set(found), key=len, reverse=True)
    names = re.compile(f"({'|'.join(map(re.escape, missing))})=") if missing else None
    apart: dict[str, str] = {}
    for name, value in found.items():
        # An address has pairs of its own.
        rest, *glued = names.split(value) if names and "://" not in value else [value]
        apart[name] = rest
        for other, said in zip(glued[::2], glued[1::2], strict=True):
            apart.setdefault(other, said)
    return apart


def verify_credential(delivery: Delivery, secrets: Sequence[bytes], header: str = "") -> None:
    """The shared secret in the address (`token`), else in a header, else in the body. Raises `NotAuthentic`.

    Two of them in the address are refused: which one counts would depend on who reads.
    """
    shown = [value for value in map(_credential, _query_pairs(delivery.query)) if value is not None]
    # A secret that was pasted into the address as it is keeps its plus signs.
    readings = {_decoded(value) for value in shown} | {unquote_to_bytes(value) for value in shown}
    if not shown and header and header in delivery.headers:
        readings = {delivery.headers[header].encode("utf-8", "replace")}
    elif not shown:
        readings = {plain(_said_in_body(delivery)).encode("utf-8", "replace")}
    matched = False
    for reading in readings:
        matched |= same_secret(reading, secrets)
    if len(shown) > 1 or not matched:
        raise NotAuthentic


def without_credential(delivery: Delivery) -> Delivery:
    """The delivery without its shared secret, in the address or the body; all else stays as it was sent."""
    query = b"&".join(p for p in _query_pairs(delivery.query) if _credential(p) is None).decode()
    body = delivery.body
    if not is_json(body):
        body = b"&".join(p for p in body.split(b"&") if _credential(p) is None)
    elif _said_in_body(delivery) is not None:
        text = body.decode(charset_of(delivery.headers.get("content-type", "")), "replace").lstrip("\ufeff")
        body = json.dumps(_cut(json.loads(text)), separators=(",", ":")).encode()
    return msgspec.structs.replace(delivery, query=query, body=body)


def _query_pairs(query: str) -> list[bytes]:
    return query.encode("utf-8", "replace").split(b"&")


def _credential(pair: bytes) -> bytes | None:
    """The value of a pair that is named as the secret is."""
    name, _, value = pair.partition(b"=")
    return value if _decoded(name).strip().lower() == CREDENTIAL.encode() else None


def _said_in_body(delivery: Delivery) -> Any:
    try:
        said = _body(delivery.body, charset_of(delivery.headers.get("content-type", "")))
    except Unreadable:
        return None
    return next((value for name, value in said.items() if _name(name) == CREDENTIAL), None)


def _cut(found: Any, depth: int = 0) -> Any:
    """Without the secret, as deep as `_flat` would find it."""
    if isinstance(found, list):
        return [_cut(entry, depth) for entry in found]
    if not isinstance(found, dict) or depth > _DEPTH:
        return found
    return {name: _cut(value, depth + 1) for name, value in found.items() if _name(name) != CREDENTIAL}


class Reader:
    """A delivery's fields under our names.

    `known` are our names, each with further names under which the field is seen. An option of the
    connection with one of our names holds the customer's name (or several, by commas) for it; the
    other way round is understood too.
    """

    def __init__(
        self, found: Mapping[str, Any], options: Mapping[str, str], known: Mapping[str, Sequence[str]]
    ) -> None:
        self._found = found
        own = aliases(options, known)
        taken = {theirs for named in own.values() for theirs in named}
        # What the customer uses for one field is no usual name of another.
        self._names = {
            ours: [*own.get(ours, ()), *(name for name in (ours, *others) if name not in taken)]
            for ours, others in known.items()
        }

    @property
    def digest(self) -> str:
        """Of everything that is said, but for the credential: the key of what has none of its own."""
        return digest(json.dumps(self._found, sort_keys=True).encode())

    def raw(self, name: str) -> Any:
        """The first of the field's names that says anything."""
        for alias in self._names[name]:
            value = self._found.get(alias)
            if value is not None and value not in ("", [], "null", "None"):
                return value
        return None

    def text(self, name: str) -> str:
        return plain(self.raw(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list, or what a list looks like in a query: JSON, or texts by commas."""
        value = self.raw(name)
        if isinstance(value, str) and value.lstrip().startswith("["):
            try:
                value = json.loads(value)
            except ValueError:
                value = value.strip().strip("[]")
        if isinstance(value, str):
            value = value.split(",")
        entries = value if isinstance(value, list) else [value]
        return tuple(t for t in (plain(e).strip().strip('"') for e in entries) if t)

    def urls(self, name: str) -> tuple[str, ...]:
        """One address or a list of them; a comma may be part of one."""
        value = self.raw(name)
        return self.texts(name) if isinstance(value, list) else tuple(t for t in (plain(value),) if t)

    def flag(self, name: str) -> bool | None:
        value = self.raw(name)
        return FLAGS.get(plain(value).lower()) if value is not None else None


FLAGS: Mapping[str, bool] = {
    **dict.fromkeys(("1", "true", "yes", "да"), True),
    **dict.fromkeys(("0", "false", "no", "нет"), False),
}


def aliases(options: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Our name -> the customer's names for it, from the options of a connection."""
    found: dict[str, list[str]] = {}
    for left, right in options.items():
        ours, theirs = _name(left), [_name(t) for t in right.split(",") if t.strip()]
        if ours in known:
            found.setdefault(ours, []).extend(theirs)
        elif len(theirs) == 1 and theirs[0] in known:
            found.setdefault(theirs[0], []).append(ours)
    return found


def plain(value: Any) -> str:
    """Text of whatever stands in a field: numbers exactly, flags as 1 and 0, nothing of lists and objects."""
    if isinstance(value, str):
        text = value.strip()
        return text if text.isascii() else text.encode("utf-8", "replace").decode()
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value) if abs(value) < 10**64 else ""
    if isinstance(value, float) and abs(value) < 2**53:
        return str(int(value)) if value.is_integer() else repr(value)
    return ""


def named(word: str, options: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> str:
    """Our name of an event or status by the word that a sender has for it; "" for a word nobody knows.

    `known` are our names with further words; an option of the connection with one of our names
    holds the customer's own.
    """
    wanted = _word(word)
    for ours, theirs in known.items():
        own = [t for name, text in options.items() if _word(name) == _word(ours) for t in text.split(",")]
        if wanted in {_word(w) for w in (ours, *theirs, *own)}:
            return ours
    return ""


def digest(content: bytes) -> str:
    """For keys, which hold no number and no name of anybody; "" of nothing."""
    return hashlib.sha256(content).hexdigest()[:16] if content else ""


def type_of(word: str) -> str:
    """What a sender calls an event that nobody knows, as far as it may stand in a log: short words without
    long numbers; `other` for everything else.
    """
    return word if _TYPE.fullmatch(word) and not _LONG_NUMBER.search(word) else "other"


def _word(text: str) -> str:
    return re.sub(r"[\W_]+", "_", text.strip().lower()).strip("_")
