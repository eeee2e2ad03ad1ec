"""The connection check: whose request it is, whether it holds and why not, and what it becomes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from ringlake.errors import NotAuthentic, NotFound
from ringlake.model.calls import CallRecord, Outcome
from ringlake.model.directory import Connection, Secret, Workspace
from ringlake.model.events import Delivery
from ringlake.providers.signatures import sign_standard
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.records import MemoryRecords
from ringlake.stores.vault import MemoryVault
from tests.contract.captures import CONNECTION, FOLDER, SECRETS, TOKEN, WORKSPACE, Capture, capture, captures, house
from tools import connection as tool

GENERIC = capture("generic/04_fcc_queue")
PUBLIC = "https://calls.example.com"
ALL = captures()


def place_of(seen: Capture, **changes: Any) -> tuple[tool.Place, tool.Live]:
    """An installation with the capture's connection, and the connection as the check opens it."""
    home = house(msgspec.structs.replace(seen.connection, **changes))
    place = tool.Place(home.directory, home.vault, home.journal, MemoryRecords())
    return place, tool.joined(place, seen.delivery, WORKSPACE, CONNECTION)


def checked(
    seen: Capture, delivery: Delivery | None = None, away: timedelta = timedelta(0), **changes: Any
) -> tool.Report:
    place, live = place_of(seen, **changes)
    return tool.check(delivery or seen.delivery, place, live, seen.now + away)


def changed(seen: Capture, **parts: Any) -> Delivery:
    return msgspec.structs.replace(seen.delivery, **parts)


# --- verdicts


@pytest.mark.parametrize("seen", ALL, ids=lambda seen: seen.name)
def test_the_check_agrees_with_ingest_on_every_capture(seen: Capture) -> None:
    report = checked(seen)
    wanted = {
        "accepted": tool.ACCEPTED,
        "handshake": tool.ACCEPTED,
        "quarantined": tool.UNREADABLE,
        "not_authentic": tool.NOT_AUTHENTIC,
    }
    assert report.code == wanted[seen.outcome]
    assert (report.handshake is not None) == (seen.outcome == "handshake")
    if seen.outcome == "accepted":
        assert report.identity is not None
        assert report.identity.event_id == seen.content["expect"]["identity"]["event_id"]
        assert len(report.facts) == len(seen.content["expect"]["facts"])
    if seen.outcome == "not_authentic":
        assert report.why
    assert list(tool.told(report))


def test_the_secret_that_made_the_signature_is_named() -> None:
    vault = MemoryVault()
    context = {"workspace": WORKSPACE, "connection": CONNECTION}
    secrets = tuple(
        Secret(id=name, ciphertext=vault.encrypt(text.encode(), context))
        for name, text in (("new", "whsec_bmV3"), ("old", SECRETS["generic"]))
    )
    assert checked(GENERIC, secrets=secrets).by == "secret old"


def test_the_record_is_folded_with_what_the_journal_already_holds() -> None:
    names = ["01_fcc_ivr_picks_up", "04_fcc_queue", "05_fcc_ring_agent_1", "07_fcc_answer_agent_1"]
    last = capture("generic/08_fcc_completed")
    home = house(last.connection)
    for name in names:
        seen = capture(f"generic/{name}")
        assert home.take(seen.delivery, "generic", seen.now).status == 200
    place = tool.Place(home.directory, home.vault, home.journal, MemoryRecords())
    live = tool.joined(place, last.delivery)
    report = tool.check(last.delivery, place, live, last.now)
    [record] = report.records.values()
    assert isinstance(record, CallRecord)
    assert (record.outcome, record.talk_ms) == (Outcome.ANSWERED, 180_000)
    assert (report.events, report.known) == (4, "")
    # A rehearsal writes nothing.
    assert len(home.stored()) == len(names)
    assert place.records.rows == {}  # type: ignore[attr-defined]


def test_a_repeat_and_another_truth_under_the_same_id_are_told() -> None:
    home = house(GENERIC.connection)
    home.take(GENERIC.delivery, "generic", GENERIC.now)
    place = tool.Place(home.directory, home.vault, home.journal, MemoryRecords())
    live = tool.joined(place, GENERIC.delivery)
    assert tool.check(GENERIC.delivery, place, live, GENERIC.now).known == "a repeat"
    body = GENERIC.body.replace(b"inbound", b"outbound")
    headers = GENERIC.delivery.headers
    stamp = int(headers["webhook-timestamp"])
    signed = sign_standard(SECRETS["generic"].encode(), headers["webhook-id"], stamp, body)
    other = changed(GENERIC, body=body, headers=headers | {"webhook-signature": signed})
    assert "other content" in tool.check(other, place, live, GENERIC.now).known


# --- reasons


@pytest.mark.parametrize(
    ("name", "away", "word"),
    [
        ("generic/04_fcc_queue", timedelta(hours=2), "ago"),
        ("generic/04_fcc_queue", timedelta(minutes=-6), "ahead"),
        ("openphone/legacy_v2_02_call_completed_answered", timedelta(days=40), "ago"),
    ],
)
def test_a_clock_that_is_off_is_the_reason(name: str, away: timedelta, word: str) -> None:
    report = checked(capture(name), away=away)
    [reason] = report.why
    assert report.code == tool.NOT_AUTHENTIC
    assert reason.startswith("clock: the signature is good")
    assert word in reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (lambda b: b + b"\n", "line end was added"),
        (lambda b: b + b"\r\n", "line end was added"),
        (lambda b: b" " + b, "space around it"),
        (lambda b: b"\xef\xbb\xbf" + b, "byte-order mark"),
        (lambda b: json.dumps(json.loads(b), indent=2).encode(), "it was sent compact"),
        (lambda b: json.dumps(json.loads(b)).encode(), "it was sent compact"),
        (base64.b64encode, "base64 was not undone"),
    ],
)
def test_a_body_that_was_changed_on_the_way_is_the_reason(body: Any, reason: str) -> None:
    report = checked(GENERIC, changed(GENERIC, body=body(GENERIC.body)))
    [why] = report.why
    assert why.startswith("body: ")
    assert reason in why


def test_a_missing_header_is_the_reason() -> None:
    headers = {n: v for n, v in GENERIC.delivery.headers.items() if n != "webhook-id"}
    assert checked(GENERIC, changed(GENERIC, headers=headers)).why == ["header: webhook-id is missing"]
    bare = changed(capture("ringcentral/04_session_answered"), headers={})
    assert checked(capture("ringcentral/04_session_answered"), bare).why == ["header: validation-token is missing"]


def test_another_secret_is_the_reason() -> None:
    vault = MemoryVault()
    ciphertext = vault.encrypt(b"whsec_b3RoZXI=", {"workspace": WORKSPACE, "connection": CONNECTION})
    [why] = checked(GENERIC, secrets=(Secret(id="1", ciphertext=ciphertext),)).why
    assert why.startswith("signature: made by none of the 1 live secrets")
    assert checked(GENERIC, secrets=()).why[0].startswith("secret: no secret")


@pytest.mark.parametrize(
    ("name", "typed", "reason"),
    [
        ("dialpad/02_ringing_inbound", "  {} ", "space around it"),
        ("dialpad/02_ringing_inbound", '"{}"', "quotes around it"),
        ("ringcentral/04_session_answered", "{}\n", "space around it"),
    ],
)
def test_a_secret_that_was_not_copied_as_it_is_shown_is_the_reason(name: str, typed: str, reason: str) -> None:
    seen = capture(name)
    vault = MemoryVault()
    kept = typed.format(seen.secrets[0].decode()).encode()
    ciphertext = vault.encrypt(kept, {"workspace": WORKSPACE, "connection": CONNECTION})
    [why] = checked(seen, secrets=(Secret(id="1", ciphertext=ciphertext),)).why
    assert why.startswith("secret: the stored one")
    assert reason in why


def test_an_event_of_the_bus_says_what_it_needs() -> None:
    [why] = checked(capture("amazon_connect/91_other_account")).why
    assert why.startswith("bus: ")


def test_another_address_is_the_reason_where_the_address_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a scheme of its own, so that the test needs no provider."""

    class SignsItsAddress:
        def verify(self, delivery: Delivery, secrets: Any, connection: Connection, now: datetime) -> None:
            del secrets, connection, now
            if delivery.url != "http://old.example.com/webhooks/x/t":
                raise NotAuthentic

    sent = changed(GENERIC, url=f"{PUBLIC}/webhooks/x/t", headers={"host": "old.example.com"})
    live = tool.Live(GENERIC.connection, (("1", b"s"),))
    adapter: Any = SignsItsAddress()
    [why] = tool.reasons(adapter, sent, live, GENERIC.now)
    assert why.startswith("url: signed for http://old.example.com/webhooks/x/t, while")
    assert why.endswith(f"{PUBLIC}/webhooks/x/t")


def test_a_disabled_connection_and_a_body_over_the_cap_are_told() -> None:
    assert checked(GENERIC, disabled=True).code == tool.UNKNOWN
    big = checked(GENERIC, changed(GENERIC, body=b"x" * 262_145))
    assert (big.code, "413" in big.why[0]) == (tool.NOT_AUTHENTIC, True)


# --- files


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "request"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


SHAPES: dict[str, Any] = {
    "our capture": lambda s: s.content,
    "method, url, headers, body": lambda s: {
        "method": "POST",
        "url": f"{PUBLIC}/webhooks/generic/{TOKEN}",
        "headers": s.content["request"]["headers"],
        "body": s.body.decode(),
    },
    "path and query": lambda s: {
        "method": "POST",
        "path": f"/webhooks/generic/{TOKEN}",
        "query": "",
        "headers": s.content["request"]["headers"],
        "body": s.body.decode(),
    },
    "base64": lambda s: {
        "method": "POST",
        "url": f"{PUBLIC}/webhooks/generic/{TOKEN}",
        "headers": s.content["request"]["headers"],
        "body_base64": base64.b64encode(s.body).decode(),
    },
    "HAR": lambda s: {
        "log": {
            "entries": [
                {
                    "request": {
                        "method": "POST",
                        "url": f"{PUBLIC}/webhooks/generic/{TOKEN}",
                        "headers": [{"name": n, "value": v} for n, v in s.content["request"]["headers"].items()],
                        "postData": {"mimeType": "application/json", "text": s.body.decode()},
                    }
                }
            ]
        }
    },
    "raw": lambda s: raw(s, b"\r\n"),
    "raw with bare line ends": lambda s: raw(s, b"\n"),
}


def raw(seen: Capture, end: bytes) -> bytes:
    lines = [f"POST /webhooks/generic/{TOKEN} HTTP/1.1", "Host: calls.example.com"]
    lines += [f"{name}: {value}" for name, value in seen.content["request"]["headers"].items()]
    return end.join([*(line.encode() for line in lines), b"", seen.body])


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_file_is_understood(shape: str, tmp_path: Path) -> None:
    content = SHAPES[shape](GENERIC)
    arguments = ["check", "--request", str(written(tmp_path, content)), "--at", GENERIC.content["now"]]
    answer = run(arguments, SECRETS["generic"])
    assert answer.exit_code == 0, answer.output
    assert "good, secret given" in answer.output
    assert "queued" in answer.output


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"[]", b"{}", b'{"request": 7}', b'{"headers": {}, "body": {"a": 1}}', b'{"log": {"entries": []}}'],
)
def test_a_file_that_holds_no_request_is_said_so(content: bytes, tmp_path: Path) -> None:
    answer = run(["check", "--request", str(written(tmp_path, content)), "--provider", "generic"], "x")
    assert answer.exit_code == tool.UNUSABLE
    assert answer.stderr.startswith("unusable")


def run(arguments: list[str], secret: str = "", stdin: str = "") -> Any:
    environment: Mapping[str, str | None] = {"RINGLAKE_SECRET": secret or None, "RINGLAKE_STACK": None}
    return CliRunner().invoke(tool.app, arguments, env=environment, input=stdin)


# --- the command


def test_the_secret_is_asked_for_and_not_shown(tmp_path: Path) -> None:
    path = str(FOLDER / "dialpad/02_ringing_inbound.json")
    answer = run(["check", "--request", path], stdin=SECRETS["dialpad"] + "\n")
    assert answer.exit_code == 0, answer.output
    assert SECRETS["dialpad"] not in answer.output
    assert "live             ringing" in answer.output


def test_an_event_of_the_bus_needs_no_secret() -> None:
    path = Path(__file__).parents[3] / "events/eventbridge_connect.json"
    arn = json.loads(path.read_text(encoding="utf-8"))["detail"]["instanceArn"]
    answer = run(["check", "--request", str(path), "--option", f"instance_arn={arn}"])
    assert answer.exit_code == 0, answer.output
    assert "outcome          answered" in answer.output
    assert run(["check", "--request", str(path), "--option", f"instance_arn={arn}x"]).exit_code == tool.NOT_AUTHENTIC


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [
        ("generic/04_fcc_queue", tool.ACCEPTED, "record       fcc-136"),
        ("generic/25_contact", tool.ACCEPTED, "contact"),
        ("openphone/v20260330_49_unreadable", tool.UNREADABLE, "it would go to quarantine"),
        ("ringcentral/01_handshake", tool.ACCEPTED, "nothing is stored"),
        ("fcc/90_wrong_password", tool.NOT_AUTHENTIC, "refused"),
    ],
)
def test_the_exit_code_says_what_ingest_would_do(name: str, code: int, word: str) -> None:
    seen = capture(name)
    answer = run(["check", "--request", str(seen.path)], SECRETS[seen.content["secrets"][0]])
    assert answer.exit_code == code, answer.output
    assert word in answer.output


def test_a_request_of_no_connection_is_a_404(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    vault = MemoryVault()
    directory = MemoryDirectory(vault)
    directory.put_workspace(Workspace(id=WORKSPACE, name="Acme"))
    empty = tool.Place(directory, vault, MemoryJournal(), MemoryRecords(), PUBLIC)
    monkeypatch.setattr(tool, "open_place", lambda stack: empty)
    answer = run(["check", "--request", str(written(tmp_path, raw(GENERIC, b"\r\n"))), "--stack", "s"])
    assert answer.exit_code == tool.UNKNOWN
    assert "ingest answers 404" in answer.stderr
    elsewhere = written(tmp_path, {"method": "POST", "url": "https://x.example.com/hook", "headers": {}, "body": ""})
    answer = run(["check", "--request", str(elsewhere), "--stack", "s"])
    assert "no webhook address" in answer.stderr


def test_the_address_of_another_provider_is_a_404() -> None:
    home = house(GENERIC.connection)
    place = tool.Place(home.directory, home.vault, home.journal, MemoryRecords())
    with pytest.raises(NotFound):
        tool.joined(place, changed(GENERIC, url=f"{PUBLIC}/webhooks/openphone/{TOKEN}"))
    assert tool.joined(place, changed(GENERIC, url="x"), WORKSPACE, CONNECTION).connection.provider == "generic"


def test_an_installation_is_found_by_the_address_of_the_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = house(GENERIC.connection)
    place = tool.Place(home.directory, home.vault, home.journal, MemoryRecords(), PUBLIC)
    monkeypatch.setattr(tool, "open_place", lambda stack: place)
    path = str(written(tmp_path, raw(GENERIC, b"\r\n")))
    answer = run(["check", "--request", path, "--stack", "s", "--at", GENERIC.content["now"]])
    assert answer.exit_code == 0, answer.output
    assert f"connection   {CONNECTION}, generic, workspace {WORKSPACE}" in answer.output
    named = ["--workspace", WORKSPACE, "--connection", CONNECTION]
    assert run(["check", "--request", path, "--stack", "s", "--at", GENERIC.content["now"], *named]).exit_code == 0
    assert run(["check", "--request", path, "--stack", "s", "--workspace", WORKSPACE]).exit_code == tool.UNUSABLE


def test_the_clock_of_the_check_is_now_unless_the_file_or_the_caller_says_another(tmp_path: Path) -> None:
    path = str(written(tmp_path, raw(GENERIC, b"\n")))
    late = run(["check", "--request", path], SECRETS["generic"])
    assert late.exit_code == tool.NOT_AUTHENTIC
    assert "clock: the signature is good, but of 2026-09-14" in late.output
    naive = GENERIC.now.astimezone(UTC).replace(tzinfo=None).isoformat()
    assert run(["check", "--request", path, "--at", naive], SECRETS["generic"]).exit_code == 0
