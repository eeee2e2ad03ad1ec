"""Call a deployed function with one of the envelopes in events/: `python -m tools.invoke events/<name>.json`.

The file's first word says which function it is for. Signatures and tokens in the files are
examples of one moment: for the local stack this tool puts in what is true now (the seeded
connection's token and a fresh signature, the seeded user's id), and prints the answer.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.stack import client, outputs, state

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [p for p in (str(ROOT / "layers" / "core"),) if p not in sys.path]

from ringlake.providers.signatures import sign_openphone, sign_standard  # noqa: E402

# Beginning of the file's name -> function.
FUNCTIONS = {
    "http_webhook": "ingest",
    "http_api": "api",
    "http_mail": "mail",
    "http_site": "dashboard",
    "sns_mail": "mail",
    "stream_journal": "fold",
    "stream_records": "live",
    "websocket": "live",
    "sqs_export": "export",
    "sqs_report": "report",
    "sqs_hook": "hook",
    "schedule_alerts": "alert",
    "schedule_rollup": "rollup",
    "schedule_reports": "schedule",
    "eventbridge_connect": "connect",
}


def function_of(name: str) -> str:
    """The function that an envelope is for. Raises `SystemExit` for a name that tells none."""
    for start, function in FUNCTIONS.items():
        if name.startswith(start):
            return function
    raise SystemExit(f"{name}: the name begins with none of {', '.join(FUNCTIONS)}")


def body_of(event: Mapping[str, Any]) -> bytes:
    """The request's bytes, as the sender signed them."""
    text = str(event.get("body") or "")
    return base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()


def signed_for(event: dict[str, Any], token: str, secret: str, now_s: float) -> dict[str, Any]:
    """A webhook envelope for another endpoint, signed at another time with the scheme that it came with."""
    headers = dict(event["headers"])
    if "openphone-signature" in headers:
        headers["openphone-signature"] = sign_openphone(secret.encode(), int(now_s * 1000), body_of(event))
    elif "webhook-signature" in headers:
        headers["webhook-timestamp"] = str(int(now_s))
        signed = sign_standard(secret.encode(), headers["webhook-id"], int(now_s), body_of(event))
        headers["webhook-signature"] = signed
    path = f"/webhooks/{event['pathParameters']['provider']}/{token}"
    context = {**event["requestContext"], "http": {**event["requestContext"]["http"], "path": path}}
    parameters = {**event["pathParameters"], "token": token}
    return {**event, "headers": headers, "rawPath": path, "pathParameters": parameters, "requestContext": context}


def called_by(event: dict[str, Any], sub: str) -> dict[str, Any]:
    """An envelope of a signed-in person, for another person."""
    jwt = event["requestContext"]["authorizer"]["jwt"]
    authorizer = {"jwt": {**jwt, "claims": {**jwt["claims"], "sub": sub, "username": sub}}}
    return {**event, "requestContext": {**event["requestContext"], "authorizer": authorizer}}


def current(event: dict[str, Any]) -> dict[str, Any]:
    """The envelope as it would arrive at the local stack now; unchanged when nothing was seeded for it."""
    description = state.describe()
    if "pathParameters" in event and "provider" in event["pathParameters"]:
        wanted = f"/webhooks/{event['pathParameters']['provider']}/"
        for connection in description.get("connections", []):
            if wanted in connection["webhook_url"]:
                token = connection["webhook_url"].rpartition("/")[2]
                return signed_for(event, token, connection["test_secret"], time.time())
    elif "authorizer" in event.get("requestContext", {}) and description.get("users"):
        email = description["users"][0]["email"]
        user = client("cognito-idp").admin_get_user(UserPoolId=outputs()["UserPoolId"], Username=email)
        subs = [a["Value"] for a in user["UserAttributes"] if a["Name"] == "sub"]
        return called_by(event, subs[0])
    return event


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    path = Path(arguments[0])
    function = function_of(path.stem)
    event = current(json.loads(path.read_text(encoding="utf-8")))
    answer = client("lambda").invoke(
        FunctionName=state.describe()["functions"][function], Payload=json.dumps(event).encode()
    )
    print(answer["Payload"].read().decode())
    return 1 if answer.get("FunctionError") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
