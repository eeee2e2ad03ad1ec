"""The sender's signatures against the examples that the providers publish or their contracts work out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.contract.captures import SECRETS
from tools.simulator import signing
from tools.simulator.signing import Request, signed

NOW = datetime.fromtimestamp(1773151206, UTC)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TWILIO_URL = "https://hooks.example.com/v1/twilio/voice-status?tenant=acme"
TWILIO_BODY = (
    b"CallSid=CAa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1&AccountSid=ACtest0000000000000000000000000001"
    b"&From=%2B14155550100&To=%2B12025550142&CallStatus=completed&CallDuration=74&CallerName="
)
MYCOMPANY = "https://mycompany.com/myapp.php?foo=1&bar=2"
TELNYX_BODY = (
    b'{"data":{"event_type":"call.answered","id":"10000000-0000-4000-8000-000000000099",'
    b'"occurred_at":"2026-03-10T14:00:05.000000Z","payload":{"call_session_id":"30000000-0000-4000-8000-000000000099"},'
    b'"record_type":"event"},"meta":{"attempt":1,"delivered_to":"https://hooks.example.com/v1/telnyx"}}'
)

VONAGE_BODY = (
    b'{"from":"14155550100","to":"12025550142","uuid":"00000000000000000000000000000001",'
    b'"conversation_uuid":"CON-80000000-0000-4000-8000-000000000001","status":"ringing","direction":"outbound",'
    b'"timestamp":"2026-03-10T14:00:02.250Z"}'
)
VONAGE_TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NzMxNTEyMDIsImp0aSI6IjcwMDAwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAw"
    "MDAwMSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjNiNGJlNDQwNjRkNDVjMzVhMjhiNzg2ZjNkYWRhMGZhNjc1OGQxOTFlMzY0NTkw"
    "NDkxZDBhMGEwY2Y3YTBiNjEiLCJhcGlfa2V5IjoiYTFiMmMzZDQiLCJhcHBsaWNhdGlvbl9pZCI6IjViMWY2YzJlLTBhNGQtNGI3ZS05ZDNjLTFm"
    "MmUzZDRjNWI2YSJ9.x_wsosFRhoLSlJKa49KO8LEySWCsSZLqMv1_hqVqAfI"
)
RECORD = b"event=NOTIFY_RECORD&pbx_call_id=in_5f0e3c1a9b7d2486c0e1f2a3b4c5d6e7f8091a2b&call_id_with_rec=1789398000.5150"


@pytest.mark.parametrize(
    ("url", "body", "expected"),
    [
        (TWILIO_URL, TWILIO_BODY, "Cwh/e1OeCSc7RJGwqtXseeTyGWY="),
        (TWILIO_URL.replace(".com/", ".com:443/"), TWILIO_BODY, "yFuykF9vPcxZ0wdW2NxfHdHL/c4="),
        (
            f"{TWILIO_URL}&CallSid=CAa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1&CallStatus=completed#rc=3",
            b"",
            "4SPgj+DeDW9vAemPdOAaJ/qMiBU=",
        ),
    ],
    ids=["form", "form with a port", "GET with connection overrides"],
)
def test_twilio_as_its_contract_works_it_out(url: str, body: bytes, expected: str) -> None:
    request = signed("twilio", Request("POST", url, body, FORM), [SECRETS["twilio"]], NOW)
    assert request.header("x-twilio-signature") == expected


@pytest.mark.parametrize(
    ("url", "body", "expected"),
    [
        (
            MYCOMPANY,
            b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309",
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        (
            MYCOMPANY,
            b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
    ids=["form", "repeated names"],
)
def test_twilio_as_its_own_library_tests_it(url: str, body: bytes, expected: str) -> None:
    assert signed("twilio", Request("POST", url, body, FORM), ["12345"], NOW).header("x-twilio-signature") == expected


def test_twilio_json_is_hashed_into_the_address() -> None:
    request = Request(
        "POST", MYCOMPANY, b'{"property": "value", "boolean": true}', {"Content-Type": "application/json"}
    )
    found = signed("twilio", request, ["12345"], NOW)
    assert found.url.endswith("&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620")
    assert found.header("x-twilio-signature") == "a9nBmqA0ju/hNViExpshrM61xv4="


def test_telnyx() -> None:
    seed = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    found = signed("telnyx", Request("POST", "", TELNYX_BODY), [seed], NOW)
    assert found.header("telnyx-signature-ed25519") == (
        "/9uuIafybJMP+dVQphRE4PxNyWaVQwCqRNMhiEL9lhU3WWthbuRp9+SbaLYRA0Og1ZGDxlj0fa581MOQYzrCDg=="
    )
    assert signing.receiver_secret("telnyx", seed) == SECRETS["telnyx"]


def test_vonage_keeps_what_an_earlier_signature_claimed() -> None:
    at = datetime.fromtimestamp(1773151202, UTC)
    earlier = Request("POST", "", VONAGE_BODY, {"Authorization": f"Bearer {VONAGE_TOKEN}"})
    assert signed("vonage", earlier, [SECRETS["vonage"]], at).header("authorization") == f"Bearer {VONAGE_TOKEN}"


@pytest.mark.parametrize(
    ("scheme", "body", "expected"),
    [
        (
            "zadarma",
            b"event=NOTIFY_START&caller_id=%2B12025550142&called_did=%2B14155550100&call_start=2026-03-10+14%3A00%3A00",
            "OTA2NTIzOGUwN2RlOWM2MGM3NzI2ODljZDcwYjYzMjgzZmVjNzZmYQ==",
        ),
        (
            "novofon",
            b"event=NOTIFY_ANSWER&caller_id=12025550143&destination=101&call_start=2026-09-14+15%3A00%3A00",
            "MDcwMWQ0ZDVjN2M2NWI3ZTc3YzRlOGI0MzkwYjA3NTc5ZWUzYzU5NA==",
        ),
        (
            "novofon",
            RECORD,
            "ZDMwYTRiNDBiNjJjMTFiY2NkZjI1YTk1MDE5MGYxMzY3YzdlMjYzMQ==",
        ),
    ],
    ids=["incoming", "answer", "recording"],
)
def test_pbx_notifications(scheme: str, body: bytes, expected: str) -> None:
    found = signed(scheme, Request("POST", "", body, FORM), [SECRETS[scheme]], NOW)
    assert found.header("signature") == expected


def test_dialpad_sends_the_event_as_a_token() -> None:
    stated = b'{"call_id":5300000000000001,"state":"hangup"}'
    found = signed("dialpad", Request("POST", "", stated), [SECRETS["dialpad"]], NOW)
    assert signing.is_signed("dialpad", found)
    assert signing.claims(found.body) == {"call_id": 5300000000000001, "state": "hangup"}
    assert signed("dialpad", found, [SECRETS["dialpad"]], NOW).body == found.body


def test_secrets_in_the_open() -> None:
    plain = Request("POST", "https://hooks.example.com/hooks/x?event=after_call&token=old&a=%20", b'{"token":"old"}')
    assert signed("ringostat", plain, ["new one"], NOW).url.endswith("?event=after_call&a=%20&token=new+one")
    assert signed("aircall", plain, ["new"], NOW).body == b'{"token":"new"}'
    assert signed("ringcentral", plain, ["new"], NOW).header("validation-token") == "new"
    basic = signed("fcc", plain, [SECRETS["fcc"]], NOW).header("authorization")
    assert basic == "Basic ZmNjLWhvb2s6ZmNjLXRlc3QtcGFzc3dvcmQtMDAwMQ=="


@pytest.mark.parametrize("scheme", sorted(signing.SIGNERS))
def test_what_is_signed_is_seen_as_signed(scheme: str) -> None:
    secret = signing.new_secret(scheme, bytes(range(32)))
    plain = Request("POST", "https://hooks.example.com/x", b'{"id":"1"}', {"content-type": "application/json"})
    found = signed(scheme, plain, [secret], NOW)
    assert signing.is_signed(scheme, found)
    assert signing.is_signed(scheme, plain) == (scheme == "amazon_connect")
    assert signing.receiver_secret(scheme, secret)
