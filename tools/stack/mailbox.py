"""An SMTP server that keeps every mail as a file: the local stack's outbox.

    python -m tools.stack.mailbox MAIL_FOLDER PORT_FILE

Listens on a free port of 127.0.0.1, writes its number to PORT_FILE once it
accepts mail, and stores each message exactly as it came over the wire.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

# AWS SES accepts 40 MB after encoding; a little above, so that our own check fails first.
SIZE_LIMIT_BYTES = 50 * 1024 * 1024


class Mailbox:
    """Stores messages; the file name sorts by arrival."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Write one message and answer as SMTP wants it."""
        content = envelope.content
        if not isinstance(content, bytes):
            return "554 message was not bytes"
        self._count += 1
        name = f"{time.time_ns():020d}-{self._count:04d}.eml"
        temporary = self._folder / f".{name}"
        temporary.write_bytes(content)
        # Readers list *.eml while mails arrive: show whole files only.
        temporary.replace(self._folder / name)
        return "250 stored"


async def serve(folder: Path, port_file: Path) -> None:
    """Accept mail until told to stop."""
    mailbox = Mailbox(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, data_size_limit=SIZE_LIMIT_BYTES, enable_SMTPUTF8=True, loop=loop),
        host="127.0.0.1",
        port=0,
    )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    port: int = server.sockets[0].getsockname()[1]
    temporary = port_file.with_suffix(".new")
    temporary.write_text(str(port), encoding="ascii")
    temporary.replace(port_file)
    await stopped.wait()
    server.close()


def main(folder: Path, port_file: Path) -> None:
    """Run until SIGTERM."""
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(folder, port_file))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
