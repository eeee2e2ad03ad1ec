# ruff: noqa: SLF001 - the emulator offers no public place to put these in
"""Start ministack with the differences put right that matter to the product.

Runs inside the emulator's own environment, by path; see server.start_emulator. Only
Athena (athena.py), mail and the end of a session are changed. Everything else is met by rules of the
template, by our own code, or repeated after the deployment (deploy.py).
"""

from __future__ import annotations

import smtplib
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

ROOT = Path(__file__).resolve().parents[2]


def relay_eight_bit_mail(ses: Any) -> None:
    """Hand mails to the mailbox as bytes.

    ministack 1.5.33 sends them as text, which smtplib takes as ASCII only: any other
    mail is lost, although the caller got a message id. SES transmits 8-bit mail.
    """
    original = ses._smtp_send

    def send(source: str, recipients: list[str], message: str | bytes, host: str, port: int) -> None:
        if isinstance(message, str):
            # Bytes go over the wire as they are, so the line ends must be SMTP's already.
            message = smtplib._fix_eols(message).encode()  # type: ignore[attr-defined]
        original(source, recipients, message, host, port)

    ses._smtp_send = send


def revoke_by_oauth(app: Any, cognito: Any) -> None:
    """Answer `POST /oauth2/revoke` (RFC 7009), which ministack 1.5.33 does not know, as Cognito does."""
    original = app._handle_cognito_body_request

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if (method, path) != ("POST", "/oauth2/revoke"):
            return await original(method, path, headers, body, query)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        token, client = form.get("token", ""), form.get("client_id", "")
        status, answered, said = cognito._revoke_token({"Token": token, "ClientId": client})
        return (200, {}, b"") if status == 200 else (status, answered, said)

    app._handle_cognito_body_request = handle


def main() -> None:
    """Change what has to be changed and hand over to ministack."""
    # Only while our modules are imported: functions are started from this process.
    sys.path.insert(0, str(ROOT))
    from tools.stack import athena

    sys.path.remove(str(ROOT))
    from ministack import app
    from ministack.services import cognito, ses

    athena.install()
    relay_eight_bit_mail(ses)
    revoke_by_oauth(app, cognito)
    app.main()


if __name__ == "__main__":
    main()
