# ruff: noqa: SLF001 - the emulator offers no public place to put these in
"""Start ministack with the differences put right that matter to the product.

Runs inside the emulator's own environment, by path; see server.start_emulator. Only
Athena (athena.py) and mail are changed. Everything else is met by rules of the
template, by our own code, or repeated after the deployment (deploy.py).
"""

from __future__ import annotations

import smtplib
import sys
from pathlib import Path
from typing import Any

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


def main() -> None:
    """Change what has to be changed and hand over to ministack."""
    # Only while our modules are imported: functions are started from this process.
    sys.path.insert(0, str(ROOT))
    from tools.stack import athena

    sys.path.remove(str(ROOT))
    from ministack.services import ses

    athena.install()
    relay_eight_bit_mail(ses)
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
