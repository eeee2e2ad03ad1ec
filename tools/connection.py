"""Check one captured request: whose it is, whether its signature holds, and what Ringlake makes of it.

    python -m tools.connection check --request delivery.json --stack ringlake-prod
    RINGLAKE_SECRET=... python -m tools.connection check --request delivery.txt --provider dialpad

A file holds one request: raw HTTP text (request line, headers, empty line, body), JSON with `method`,
`url`, `headers` and `body` (browsers' HAR files and our own captures too), or an event of EventBridge.

With `--stack` the connection is found by the address in the request (or by `--workspace` and `--connection`),
its secrets are opened, and the record is folded together with what the journal already holds of that
subject. Nothing is written. Without `--stack` the secret comes from RINGLAKE_SECRET or from a prompt.
Works on AWS and on the local stack (`AWS_ENDPOINT_URL`).

Exit code: 0 accepted (or a set-up request that is answered), 1 not authentic, 2 the file or the options
cannot be used, 3 no such connection, 4 authentic but unreadable: it would go to quarantine, 5 a store
does not answer. What is printed holds what the request holds, also numbers and names of customers.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
import typer

from ringlake import providers
from ringlake.errors import NotAuthentic, NotFound, RinglakeError, Unavailable, Unreadable
from ringlake.flows.folding import Snapshots, fold_subject
from ringlake.flows.ingest import MAX_WEBHOOK_BODY, raw_event, secret_context
from ringlake.model.base import to_json
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Connection, Workspace
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import Fact
from ringlake.model.subjects import Subject
from ringlake.providers import Adapter, Answer
from ringlake.providers.amazon_connect import METHOD, handed_over, instance_of
from ringlake.stores.directory import DirectoryStore, DynamoDirectory, MemoryDirectory
from ringlake.stores.journal import DynamoJournal, Journal, MemoryJournal, body_digest
from ringlake.stores.records import DynamoRecords, MemoryRecords, Record, Records
from ringlake.stores.vault import KmsVault, MemoryVault, Vault
from tools.installation import installation
from tools.rehearsal import JournalAbove, RecordsAside

ACCEPTED, NOT_AUTHENTIC, UNUSABLE, UNKNOWN, UNREADABLE, UNAVAILABLE = range(6)
_WEBHOOK = re.compile(r"/webhooks/(?P<provider>[^/?#]+)/(?P<token>[^/?#]+)/?(?:[?#]|$)")
_REQUEST_LINE = re.compile(r"(?P<method>[A-Z]+) (?P<target>\S+) HTTP/[0-9.]+\r?\n")
# Texts of digits that are a time when a sender puts them into a header or a token.
_EPOCH = re.compile(r"(?<![0-9])[0-9]{10}(?:[0-9]{3})?(?![0-9])")


class Unusable(RinglakeError):
    """The file, or an option, is not what it should be; the text says what."""


# --- requests


def requested(content: bytes) -> tuple[Delivery, datetime | None, dict[str, Any]]:
    """The request in a file, the clock that it was captured at, and settings of a connection that came with it."""
    text = content.decode("utf-8", "surrogateescape")
    if _REQUEST_LINE.match(text):
        return _raw(text), None, {}
    try:
        found = json.loads(text)
    except ValueError:
        raise Unusable("the file is neither an HTTP request nor JSON") from None
    if not isinstance(found, dict):
        raise Unusable("the file holds no request")
    return _described(found)


def _raw(text: str) -> Delivery:
    head, gap, body = text.partition("\r\n\r\n") if "\r\n\r\n" in text else text.partition("\n\n")
    lines = head.splitlines()
    method, target = lines[0].split(" ")[:2]
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise Unusable(f"the header line {line[:40]!r} has no colon")
        name = name.strip().lower()
        headers[name] = f"{headers[name]},{value.strip()}" if name in headers else value.strip()
    if not gap:
        body = ""
    host = headers.get("host", "")
    url = target if "://" in target or not host else f"https://{host}{target}"
    return _delivery(method, url, headers, body.encode("utf-8", "surrogateescape"))


def _described(found: dict[str, Any]) -> tuple[Delivery, datetime | None, dict[str, Any]]:
    if "detail-type" in found:
        return handed_over(found), None, {}
    if "log" in found:
        entries = [e.get("request", {}) for e in found["log"].get("entries", [])]
        posts = [e for e in entries if e.get("method") == "POST"] or entries
        if len(posts) != 1:
            raise Unusable(f"the HAR file holds {len(posts)} requests: leave the one that is meant")
        found = posts[0]
    settings = dict(found.get("connection", {}))
    if "provider" in found:
        settings["provider"] = found["provider"]
    now = datetime.fromisoformat(found["now"]) if found.get("now") else None
    request = found.get("request", found)
    if not isinstance(request, dict) or "headers" not in request:
        raise Unusable("the JSON has no request: method, url, headers and body are needed")
    url = str(request.get("url") or request.get("path") or "")
    query = request.get("query") or ""
    if isinstance(query, str) and query and "?" not in url:
        url = f"{url}?{query}"
    return (
        _delivery(str(request.get("method", "POST")), url, _headers(request["headers"]), _body(request)),
        now,
        settings,
    )


def _headers(said: object) -> dict[str, str]:
    """An object, or HAR's list of names and values."""
    if isinstance(said, dict):
        return {str(name).lower(): str(value) for name, value in said.items()}
    if isinstance(said, list):
        return {str(entry["name"]).lower(): str(entry["value"]) for entry in said}
    raise Unusable("headers are an object, or a list of name and value")


def _body(request: Mapping[str, Any]) -> bytes:
    if "body_base64" in request:
        return base64.b64decode(request["body_base64"], validate=True)
    posted = request.get("postData")
    body = posted.get("text", "") if isinstance(posted, dict) else request.get("body", "")
    if not isinstance(body, str):
        raise Unusable("the body must be the text that was sent, not JSON inside JSON: a signature covers its bytes")
    if request.get("isBase64Encoded"):
        return base64.b64decode(body, validate=True)
    return body.encode("utf-8", "surrogateescape")


def _delivery(method: str, url: str, headers: dict[str, str], body: bytes) -> Delivery:
    return Delivery(method=method, url=url, headers=headers, query=urlsplit(url).query, body=body)


# --- the place


@dataclass(frozen=True)
class Place:
    """Where the request is checked: stores that are only read, and the installation's own address."""

    directory: DirectoryStore
    vault: Vault
    journal: Journal
    records: Records
    public_url: str = ""


@dataclass(frozen=True)
class Live:
    """A connection with its secrets in clear and the names to call them by."""

    connection: Connection
    secrets: tuple[tuple[str, bytes], ...]


def open_place(stack: str) -> Place:
    """The installation deployed as this CloudFormation stack."""
    found = installation(stack)
    outputs = found.outputs
    vault = KmsVault(outputs["KeyId"])
    return Place(
        directory=DynamoDirectory(outputs["DirectoryTable"], vault),
        vault=vault,
        journal=DynamoJournal(outputs["JournalTable"]),
        records=DynamoRecords(outputs["RecordsTable"]),
        public_url=(found.parameters.get("PublicUrl") or outputs["ApiUrl"]).rstrip("/"),
    )


def joined(place: Place, delivery: Delivery, workspace: str = "", connection_id: str = "") -> Live:
    """The connection that a request is for. Raises `NotFound`."""
    if connection_id:
        found = place.directory.load(workspace).connection(connection_id)
    else:
        found = place.directory.connection_by_token(_token(delivery))
    named = provider_in(delivery)
    if found is None or (not connection_id and named and named != found.provider):
        raise NotFound(connection_id or "no connection has the address of this request")
    opened = []
    for secret in found.secrets:
        try:
            opened.append(
                (secret.id, place.vault.decrypt(secret.ciphertext, secret_context(found.workspace, found.id)))
            )
        except ValueError:
            continue
    return Live(found, tuple(opened))


def alone(provider: str, secret: str, settings: Mapping[str, Any]) -> tuple[Place, Live]:
    """A place without an installation: one made-up workspace and connection, empty stores."""
    vault = MemoryVault()
    fields = {"id": "offline", "workspace": "offline", **settings, "provider": provider}
    connection = msgspec.convert(fields, Connection, strict=False)
    directory = MemoryDirectory(vault)
    directory.put_workspace(Workspace(id="offline", name="offline"))
    directory.put_connection(connection)
    live = Live(connection, (("given", secret.encode()),) if secret else ())
    return Place(directory, vault, MemoryJournal(), MemoryRecords()), live


def _token(delivery: Delivery) -> str:
    """What finds the connection: the path's token, or the instance that an event of the bus names."""
    if delivery.method == METHOD:
        return instance_of(json.loads(delivery.body))
    found = _WEBHOOK.search(delivery.url)
    if found is None:
        raise NotFound("the request's address is no webhook address: name --workspace and --connection")
    return unquote(found["token"])


def provider_in(delivery: Delivery) -> str:
    """The provider that the address names, "" when it names none."""
    if delivery.method == METHOD:
        return "amazon_connect"
    found = _WEBHOOK.search(delivery.url)
    return found["provider"] if found else ""


# --- the check


@dataclass
class Report:
    """What was found, in the order in which ingest finds it. `why` has the reasons of a refusal."""

    code: int = ACCEPTED
    connection: Connection | None = None
    handshake: Answer | None = None
    by: str = ""
    why: list[str] = field(default_factory=list)
    identity: Identity | None = None
    facts: Sequence[Fact] = ()
    unreadable: Unreadable | None = None
    known: str = ""
    events: int = 0
    records: dict[str, Record] = field(default_factory=dict)


def check(delivery: Delivery, place: Place, live: Live, now: datetime) -> Report:
    """Everything that ingest and fold would do with this request, without doing it."""
    connection = live.connection
    report = Report(connection=connection)
    adapter = providers.adapter(connection.provider)
    delivery = _addressed(delivery, place)
    if connection.disabled:
        report.why.append("the connection is disabled: ingest answers 404")
        report.code = UNKNOWN
        return report
    if len(delivery.body) > MAX_WEBHOOK_BODY:
        report.why.append(
            f"the body has {len(delivery.body)} bytes, the limit is {MAX_WEBHOOK_BODY}: ingest answers 413"
        )
        report.code = NOT_AUTHENTIC
        return report
    report.handshake = adapter.handshake(delivery, connection)
    if report.handshake is not None:
        return report
    named = [name for name, secret in live.secrets if _passes(adapter, delivery, [secret], connection, now)]
    if named or (not live.secrets and _passes(adapter, delivery, [], connection, now)):
        report.by = f"secret {', '.join(named)}" if named else "proved by the bus, without a secret"
        return _read(report, adapter, delivery, place, now)
    report.code = NOT_AUTHENTIC
    report.why = list(reasons(adapter, delivery, live, now))
    return report


def _addressed(delivery: Delivery, place: Place) -> Delivery:
    """Ingest rebuilds the address from configuration, so the check does too."""
    found = _WEBHOOK.search(delivery.url)
    if not place.public_url or found is None or delivery.method == METHOD:
        return delivery
    return msgspec.structs.replace(delivery, url=place.public_url + delivery.url[found.start() :])


def _passes(
    adapter: Adapter, delivery: Delivery, secrets: Sequence[bytes], connection: Connection, now: datetime
) -> bool:
    try:
        adapter.verify(delivery, secrets, connection, now)
    except NotAuthentic:
        return False
    return True


def _read(report: Report, adapter: Adapter, delivery: Delivery, place: Place, now: datetime) -> Report:
    connection = report.connection
    assert connection is not None, "a request is read after its connection was found"
    try:
        report.identity = adapter.identify(delivery, connection)
        event = raw_event(delivery, connection, adapter, report.identity, now)
        report.facts = adapter.parse(event, connection)
    except Unreadable as error:
        report.code, report.unreadable = UNREADABLE, error
        return report
    known = {e.event_id: e for e in place.journal.events(event.subject)}
    stored = known.get(event.event_id)
    if stored is not None:
        same = body_digest(stored) == body_digest(event)
        report.known = "a repeat" if same else "known with other content: it would go to quarantine"
    report.events = len(known)
    report.records = _folded(event, place, now)
    return report


def _folded(event: RawEvent, place: Place, now: datetime) -> dict[str, Record]:
    """The records that this event and what is already known of its subject make, by subject."""
    journal, records = JournalAbove(place.journal), RecordsAside(place.records)
    journal.put(event)
    fold_subject(event.subject.key, journal, records, Snapshots(place.directory, lambda: now), lambda: now)
    if event.subject.key not in records.folded:
        kept = place.records.load(event.subject).record
        return {event.subject.key: kept} if kept else {}
    return records.folded


# --- why not


class _Watched(dict[str, str]):
    """Headers that remember which of them an adapter looked for."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self.asked: list[str] = []

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.append(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.asked.append(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.append(str(name))
        return super().__contains__(name)


def reasons(adapter: Adapter, delivery: Delivery, live: Live, now: datetime) -> Iterator[str]:
    """Why a request is refused, found by trying what usually goes wrong; the adapter itself never tells."""
    connection, secrets = live.connection, [secret for _, secret in live.secrets]

    def passes(changed: Delivery, at: datetime = now, keys: Sequence[bytes] = secrets) -> bool:
        return _passes(adapter, changed, keys, connection, at)

    found = [
        *_clock(delivery, now, passes),
        *_address(delivery, passes),
        *_altered(delivery, passes),
        *_retyped(delivery, secrets, now, passes),
    ]
    if found:
        yield from found
        return
    missing = _missing(adapter, delivery, secrets, connection, now)
    if not secrets and connection.provider != "amazon_connect":
        yield "secret: no secret of the connection could be opened"
    if delivery.method == METHOD or connection.provider == "amazon_connect":
        yield "bus: source, type, account and instance must be those of the connection, and it cannot come over HTTP"
    elif missing:
        yield f"header: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    else:
        yield f"signature: made by none of the {len(secrets)} live secrets, or something that it covers was changed"


def _clock(delivery: Delivery, now: datetime, passes: Callable[..., bool]) -> Iterator[str]:
    """Right at another time: one that the request itself names."""
    for at in _times(delivery):
        if passes(delivery, at):
            away = now - at
            yield (
                f"clock: the signature is good, but of {at:%Y-%m-%d %H:%M:%S} UTC, "
                f"{abs(away)} {'ago' if away > timedelta(0) else 'ahead'} (`--at` checks at another time)"
            )
            return


def _times(delivery: Delivery) -> list[datetime]:
    """Every instant that headers, query or a token in them name."""
    texts = [*delivery.headers.values(), delivery.query]
    for text in (*delivery.headers.values(), delivery.body[:10_000].decode("latin-1")):
        for part in re.findall(r"[A-Za-z0-9_-]{20,}", text):
            try:
                texts.append(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode())
            except ValueError:
                continue
    stamps = dict.fromkeys(digits for text in texts for digits in _EPOCH.findall(text))
    found = [datetime.fromtimestamp(int(s) / (1000 if len(s) > 10 else 1), UTC) for s in stamps]
    return [at for at in found if 2015 < at.year < 2100]


def _address(delivery: Delivery, passes: Callable[..., bool]) -> Iterator[str]:
    """Right for another spelling of the address: providers that sign it take the one they were given."""
    parts = urlsplit(delivery.url)
    hosts = {parts.netloc, delivery.headers.get("host", ""), delivery.headers.get("x-forwarded-host", "")} - {""}
    paths = {parts.path, parts.path.rstrip("/"), f"{parts.path.rstrip('/')}/", unquote(parts.path)}
    for scheme in ("https", "http"):
        for host in sorted(
            hosts | {h.partition(":")[0] for h in hosts} | {f"{h.partition(':')[0]}:443" for h in hosts}
        ):
            for path in sorted(paths):
                for query in dict.fromkeys((parts.query, unquote(parts.query), "")):
                    url = urlunsplit((scheme, host, path, query, ""))
                    if url != delivery.url and passes(msgspec.structs.replace(delivery, url=url)):
                        yield f"url: signed for {url}, while this installation answers at {delivery.url}"
                        return


def _altered(delivery: Delivery, passes: Callable[..., bool]) -> Iterator[str]:
    """Right for a body that was changed on the way, or while it was captured."""
    body = delivery.body
    variants: dict[str, bytes] = {
        "a line end was added at its end": body.rstrip(b"\r\n"),
        "a line end was lost at its end": body + b"\n",
        "space around it was lost or added": body.strip(),
        "line ends became LF": body.replace(b"\n", b"\r\n"),
        "line ends became CRLF": body.replace(b"\r\n", b"\n"),
        "a byte-order mark was added": body.removeprefix(b"\xef\xbb\xbf"),
        "it was read as Latin-1 and written as UTF-8": _undone(body),
        "an encoding as base64 was not undone": _decoded(body),
    }
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if document is not None:
        for spelled, ascii_only in (("with escapes", True), ("without escapes", False)):
            for name, separators, indent in (
                ("compact", (",", ":"), None),
                ("with spaces", (", ", ": "), None),
                ("indented", (",", ": "), 2),
            ):
                text = json.dumps(document, separators=separators, indent=indent, ensure_ascii=ascii_only)
                variants[f"its JSON was written anew; it was sent {name}, {spelled}"] = text.encode("utf-8", "replace")
    for what, variant in variants.items():
        if variant != body and passes(msgspec.structs.replace(delivery, body=variant)):
            yield f"body: {what}"
            return


def _undone(body: bytes) -> bytes:
    try:
        return body.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return body


def _decoded(body: bytes) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        return body


def _retyped(delivery: Delivery, secrets: Sequence[bytes], now: datetime, passes: Callable[..., bool]) -> Iterator[str]:
    """Right with a secret that was not typed or copied as the provider shows it."""
    for secret in secrets:
        quoted = secret.strip(b"\"'")
        for what, variant in (
            ("has space around it", secret.strip()),
            ("has quotes around it", quoted),
            ("was kept as base64", _decoded(secret)),
            ("was kept decoded, its provider's text is base64", base64.b64encode(secret)),
            ("has `whsec_` in front that is not part of it", secret.removeprefix(b"whsec" + b"_")),
        ):
            if variant != secret and passes(delivery, now, [variant]):
                yield f"secret: the stored one {what}"
                return


def _missing(
    adapter: Adapter, delivery: Delivery, secrets: Sequence[bytes], connection: Connection, now: datetime
) -> list[str]:
    """Headers that the adapter looked for and that are not there."""
    watched = _Watched(delivery.headers)
    _passes(adapter, msgspec.structs.replace(delivery, headers=watched), secrets, connection, now)
    return [name for name in dict.fromkeys(watched.asked) if name not in delivery.headers]


# --- telling


def told(report: Report) -> Iterator[str]:
    """The report as lines."""
    connection = report.connection
    if connection is not None:
        name = f" ({connection.name})" if connection.name else ""
        yield f"connection   {connection.id}{name}, {connection.provider}, workspace {connection.workspace}"
    if report.handshake is not None:
        answer = report.handshake
        said = ", ".join([f"{name}: {value}" for name, value in answer.headers.items()] + [answer.body or "no body"])
        yield f"handshake    a set-up request, answered {answer.status} ({said}); nothing is stored"
        return
    if report.why:
        yield "signature    refused" if report.code == NOT_AUTHENTIC else "endpoint     closed"
        yield from (f"             {reason}" for reason in report.why)
        return
    yield f"signature    good, {report.by}"
    if report.unreadable is not None:
        yield f"unreadable   {report.unreadable.field}: {report.unreadable.reason} (it would go to quarantine)"
        return
    identity = report.identity
    assert identity is not None, "what is authentic and readable was identified"
    yield f"event        {identity.event_type}, id {identity.event_id}"
    yield f"subject      {identity.kind.value} {identity.subject_id}" + (
        f", part of {', '.join(identity.related)}" if identity.related else ""
    )
    if report.known:
        yield f"known        {report.known}"
    yield f"facts        {len(report.facts)}"
    yield from (f"             {_line(fact)}" for fact in report.facts)
    for key, record in report.records.items():
        yield f"record       {Subject.from_key(key).id}, with {report.events} events known before"
        yield from (f"             {name:<16} {value}" for name, value in _shown(record))
    if not report.records:
        yield "record       none: this says nothing that makes one"


def _line(fact: Fact) -> str:
    plain = json.loads(to_json(fact))
    head = str(plain.pop("kind", "") or type(fact).__name__.removesuffix("Fact").lower())
    at = str(plain.pop("at", "no time"))
    for name in ("received_at", "call_id", "message_id"):
        plain.pop(name, None)
    said = " ".join(f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in plain.items())
    return f"{head:<12} {at:<28} {said}".rstrip()


SHOWN = (
    *("direction", "outcome", "live", "status", "missed_reason", "telephony_status"),
    *("started_at", "answered_at", "ended_at", "ivr_ms", "wait_ms", "ring_ms", "hold_ms", "talk_ms", "total_ms"),
    *("business_number", "remote_number", "remote_numbers", "answered_by", "hangup_by", "cause"),
    *("queue", "campaign", "unattributed", "error_code", "part_of", "tags", "flags"),
)


def _shown(record: Record) -> Iterator[tuple[str, str]]:
    """What a person looks for first; everything else is in the lake."""
    for name in SHOWN:
        value = getattr(record, name, None)
        if value not in (None, "", ()):
            yield name, str(getattr(value, "value", value))
    user = getattr(record, "user", None)
    if user is not None and (user.account or user.user_id):
        yield "person", user.user_id or f"unmapped account {user.account}"
    if isinstance(record, CallRecord):
        for leg in record.legs:
            what = leg.outcome.value if leg.outcome else "open"
            yield "leg", f"{leg.leg_id or '-'} {leg.party.user_id or leg.party.account or '-'} {what}"


# --- command line

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)


@app.callback()
def _main() -> None:
    """Tools for one connection."""


@app.command("check")
def _check(
    request: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="the captured request")],
    stack: Annotated[str, typer.Option(envvar="RINGLAKE_STACK", help="CloudFormation stack; empty is offline")] = "",
    workspace: Annotated[str, typer.Option(help="with --connection, when the address does not tell")] = "",
    connection: Annotated[str, typer.Option(help="id of the connection")] = "",
    provider: Annotated[str, typer.Option(help="offline, when the address does not tell")] = "",
    option: Annotated[list[str] | None, typer.Option(help="offline: <name>=<value> of the field map")] = None,
    at: Annotated[str, typer.Option(help="clock of the check, ISO 8601; now when left out")] = "",
) -> None:
    """Say whose request this is, whether it is authentic, and what it becomes."""
    try:
        delivery, captured_at, settings = requested(request.read_bytes())
        now = _clock_of(at) or captured_at or datetime.now(UTC)
        if bool(workspace) != bool(connection):
            raise Unusable("--workspace and --connection go together")
        if stack:
            place = open_place(stack)
            live = joined(place, delivery, workspace, connection)
        else:
            place, live = _offline(delivery, provider, option or [], settings)
        report = check(delivery, place, live, now)
    except (Unusable, ValueError, KeyError, msgspec.ValidationError) as error:
        _stop(UNUSABLE, f"unusable     {error}")
    except NotFound as error:
        _stop(UNKNOWN, f"endpoint     unknown: {error} (ingest answers 404)")
    except Unavailable as error:
        _stop(UNAVAILABLE, f"unavailable  {error}")
    for line in told(report):
        typer.echo(line)
    raise typer.Exit(report.code)


def _offline(
    delivery: Delivery, provider: str, options: Sequence[str], settings: Mapping[str, Any]
) -> tuple[Place, Live]:
    name = provider or str(settings.get("provider", "")) or provider_in(delivery)
    if name not in providers.names():
        raise Unusable(f"name the --provider: one of {', '.join(providers.names())}")
    kept = {key: value for key, value in settings.items() if key != "provider"}
    given = {key: value for key, _, value in (o.partition("=") for o in options)}
    kept["options"] = {**kept.get("options", {}), **given}
    needs_none = not providers.adapter(name).by_http
    secret = "" if needs_none else os.environ.get("RINGLAKE_SECRET", "")
    if not secret and not needs_none:
        secret = typer.prompt("Secret of the connection", hide_input=True, default="", show_default=False, err=True)
    return alone(name, secret, kept)


def _clock_of(text: str) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _stop(code: int, line: str) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(code)


if __name__ == "__main__":
    sys.exit(app())
