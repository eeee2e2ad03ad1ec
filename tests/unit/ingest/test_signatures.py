"""Signature schemes: published vectors, boundaries, malformed headers, rotation."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ringlake.errors import NotAuthentic
from ringlake.providers.signatures import (
    MAX_ENTRIES,
    key_of,
    sign_openphone,
    sign_standard,
    verify_openphone,
    verify_standard,
)

PREFIX = "whsec" + "_"
# Published with the Standard Webhooks specification, in two halves (secret scanners).
SPEC_SECRET = (PREFIX + "MfKQ9r8GKYqrTwjU" + "PD8ILPZIo2LaLaSw").encode()
SPEC_BODY = b'{"test": 2432232314}'
SPEC_TIME = 1614265330
SPEC_HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(SPEC_TIME),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
WORKED_SECRET = PREFIX.encode() + base64.b64encode(b"canonical-webhook-test-key-00001")
WORKED_ID = "msg_2mXExampleId0000000001"
LEGACY_SECRET = b"cHJvdmlkZXJzLWEtbGVnYWN5" + b"LXRlc3Qta2V5LTAwMDE="


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)


def refused(headers: dict[str, str], body: bytes = SPEC_BODY, secrets: list[bytes] | None = None) -> bool:
    try:
        verify_standard(headers, body, [SPEC_SECRET] if secrets is None else secrets, at(SPEC_TIME))
    except NotAuthentic:
        return True
    return False


def test_the_published_vector_of_the_specification_is_accepted() -> None:
    assert not refused(SPEC_HEADERS)


def test_the_published_wrong_vector_is_refused() -> None:
    wrong = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="
    assert refused(SPEC_HEADERS | {"webhook-signature": wrong})


@pytest.mark.parametrize(
    ("timestamp", "body", "signature"),
    [
        (
            1773151200,
            '{"type":"call.completed","timestamp":"2026-03-10T14:00:00Z","data":{"id":"call_0001"}}',
            "v1,M5TesgnHQJhEWik+CQt9WFqgdcv0c63uxvRUBwBBn7I=",
        ),
        (
            1773151200,
            '{"type":"message.received","data":{"text":"Café"}}',
            "v1,wHDIpt2qDAev0HO1f3dW8KyyvoDoUP/kRCzEpIdlsDY=",
        ),
        (
            1773150899,
            '{"type":"call.completed","timestamp":"2026-03-10T14:00:00Z","data":{"id":"call_0001"}}',
            "v1,shbofaFc35ak0ESemKF8cy4xVo74pnGXZ+0auOUfHIc=",
        ),
    ],
)
def test_worked_vectors_are_signed_and_accepted(timestamp: int, body: str, signature: str) -> None:
    assert sign_standard(WORKED_SECRET, WORKED_ID, timestamp, body.encode()) == signature
    headers = {"webhook-id": WORKED_ID, "webhook-timestamp": str(timestamp), "webhook-signature": signature}
    verify_standard(headers, body.encode(), [WORKED_SECRET], at(timestamp))


def test_one_good_entry_among_several_is_enough() -> None:
    good = SPEC_HEADERS["webhook-signature"]
    wrong = "v1," + base64.b64encode(b"x" * 32).decode()
    assert not refused(SPEC_HEADERS | {"webhook-signature": f"{wrong} v2,{good[3:]} {good} {wrong}"})
    assert refused(SPEC_HEADERS | {"webhook-signature": f"{wrong} v2,{good[3:]} v1a,{good[3:]}"})


@pytest.mark.parametrize("name", sorted(SPEC_HEADERS))
def test_a_missing_or_empty_header_is_refused(name: str) -> None:
    assert refused({n: v for n, v in SPEC_HEADERS.items() if n != name})
    assert refused(SPEC_HEADERS | {name: ""})


@pytest.mark.parametrize(
    "value",
    [
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1",
        "v1,",
        ",",
        " ",
        "v1,,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=,x",
        "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE",
        # The same bytes once decoded: unused bits of the last character differ.
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=",
        "v1,\ud800",
        "v1,é",
        "\0",
    ],
)
def test_a_malformed_signature_header_is_refused_like_a_wrong_one(value: str) -> None:
    assert refused(SPEC_HEADERS | {"webhook-signature": value})


@pytest.mark.parametrize(
    "value",
    [
        "1614265330.0",
        " 1614265330",
        "1614265330 ",
        "+1614265330",
        "1_614_265_330",
        "1614265330000",
        "-1",
        "nan",
        "1e9",
        "2021-02-25T15:02:10Z",
        "".join(chr(0xFF10 + int(digit)) for digit in "1614265330"),  # full-width digits
        "9" * 400,
    ],
)
def test_a_timestamp_that_is_not_whole_seconds_is_refused_even_when_signed(value: str) -> None:
    key = key_of(SPEC_SECRET)
    import hmac

    content = f"{SPEC_HEADERS['webhook-id']}.{value}.".encode() + SPEC_BODY
    signature = "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    assert refused(SPEC_HEADERS | {"webhook-timestamp": value, "webhook-signature": signature})


def test_an_id_with_a_dot_cannot_shift_bytes_between_the_parts() -> None:
    """Signed as id `a`, time `1`, body `1614265330.x`: reads as id `a.1`, time `1614265330`, body `x` too."""
    signature = sign_standard(SPEC_SECRET, "a", 1, f"{SPEC_TIME}.x".encode())
    headers = {"webhook-id": "a.1", "webhook-timestamp": str(SPEC_TIME), "webhook-signature": signature}
    assert refused(headers, b"x")


@pytest.mark.parametrize(("away", "accepted"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_the_window_is_300_seconds_both_ways_to_the_second(away: int, accepted: bool) -> None:
    now = at(1773151200)
    sent = 1773151200 + away
    headers = {
        "webhook-id": WORKED_ID,
        "webhook-timestamp": str(sent),
        "webhook-signature": sign_standard(WORKED_SECRET, WORKED_ID, sent, b"{}"),
    }
    assert accepts(lambda: verify_standard(headers, b"{}", [WORKED_SECRET], now)) is accepted


@pytest.mark.parametrize(
    ("away_ms", "accepted"),
    [(-300_001, False), (-300_000, True), (0, True), (300_000, True), (300_001, False)],
)
def test_the_older_generation_has_the_same_window_in_milliseconds(away_ms: int, accepted: bool) -> None:
    sent = 1789387388321 + away_ms
    headers = {"openphone-signature": sign_openphone(LEGACY_SECRET, sent, b"{}")}
    now = at(1789387388) + timedelta(milliseconds=321)
    assert accepts(lambda: verify_openphone(headers, b"{}", [LEGACY_SECRET], now)) is accepted


def test_a_time_in_seconds_is_understood_in_the_older_generation() -> None:
    headers = {"openphone-signature": sign_openphone(LEGACY_SECRET, 1789387388, b"{}")}
    verify_openphone(headers, b"{}", [LEGACY_SECRET], at(1789387388))


@pytest.mark.parametrize(
    "value",
    [
        "",
        ";;;",
        "hmac;1;1789387388321",
        "hmac;2;1789387388321;{}",
        "sha;1;1789387388321;{}",
        "hmac;1;1789387388321;{};x",
        "hmac;1;;{}",
        "hmac;1;soon;{}",
        "hmac;1;1789387388321;",
        "hmac;1;1789387388321;\ud800",
        "hmac;1;\ud800;{}",
        "hmac;1;²;{}",
    ],
)
def test_a_malformed_header_of_the_older_generation_is_refused(value: str) -> None:
    good = sign_openphone(LEGACY_SECRET, 1789387388321, b"{}").split(";")[3]
    headers = {"openphone-signature": value.replace("{}", good)}
    assert not accepts(lambda: verify_openphone(headers, b"{}", [LEGACY_SECRET], at(1789387388)))


def test_several_signatures_joined_by_commas_are_understood() -> None:
    good = sign_openphone(LEGACY_SECRET, 1789387388321, b"{}")
    headers = {"openphone-signature": f"hmac;9;1;x, {good}"}
    verify_openphone(headers, b"{}", [LEGACY_SECRET], at(1789387388))


def test_either_of_two_live_secrets_signs() -> None:
    """Rotation: the sender changes its key when it likes, both are live meanwhile."""
    old, new = SPEC_SECRET, WORKED_SECRET
    for secret in (old, new):
        signature = sign_standard(secret, "msg_1", SPEC_TIME, b"{}")
        headers = {"webhook-id": "msg_1", "webhook-timestamp": str(SPEC_TIME), "webhook-signature": signature}
        assert not refused(headers, b"{}", [new, old])
        assert refused(headers, b"{}", [s for s in (new, old) if s != secret])


def test_a_secret_that_is_none_does_not_lock_out_its_neighbour() -> None:
    assert not refused(SPEC_HEADERS, secrets=[b"!!", b"", SPEC_SECRET])
    assert refused(SPEC_HEADERS, secrets=[b"!!", b""])
    assert refused(SPEC_HEADERS, secrets=[])


def test_every_live_secret_is_tried_even_after_a_match(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving early would tell by time which key signed (security.md 6)."""
    from ringlake.providers import signatures

    tried: list[bytes] = []
    real = signatures._mac

    def counted(key: bytes, content: bytes, body: bytes) -> bytes:
        tried.append(key)
        return real(key, content, body)

    monkeypatch.setattr(signatures, "_mac", counted)
    verify_standard(SPEC_HEADERS, SPEC_BODY, [SPEC_SECRET, WORKED_SECRET], at(SPEC_TIME))
    assert tried == [key_of(SPEC_SECRET), key_of(WORKED_SECRET)]


def test_an_endless_list_of_signatures_is_not_worth_hashing() -> None:
    good = SPEC_HEADERS["webhook-signature"]
    assert not refused(SPEC_HEADERS | {"webhook-signature": " ".join([good] * MAX_ENTRIES)})
    assert refused(SPEC_HEADERS | {"webhook-signature": " ".join([good] * (MAX_ENTRIES + 1))})


def test_an_endless_list_of_the_older_generation_is_not_worth_hashing_either() -> None:
    good = sign_openphone(LEGACY_SECRET, 1789387388321, b"{}")
    for count, accepted in ((MAX_ENTRIES, True), (MAX_ENTRIES + 1, False)):
        headers = {"openphone-signature": ",".join([good] * count)}
        assert accepts(lambda: verify_openphone(headers, b"{}", [LEGACY_SECRET], at(1789387388))) is accepted  # noqa: B023


@pytest.mark.parametrize("text", [SPEC_SECRET, SPEC_SECRET[6:], WORKED_SECRET.rstrip(b"="), b" " + WORKED_SECRET])
def test_a_secret_is_understood_with_and_without_prefix_and_padding(text: bytes) -> None:
    assert key_of(text) in (key_of(SPEC_SECRET), b"canonical-webhook-test-key-00001")


@pytest.mark.parametrize("text", [b"", PREFIX.encode(), b"not base64!", b"a"])
def test_what_is_no_secret_says_so(text: bytes) -> None:
    with pytest.raises(ValueError, match="secret"):
        key_of(text)


def accepts(check: Callable[[], None]) -> bool:
    try:
        check()
    except NotAuthentic:
        return False
    return True
