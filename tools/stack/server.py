"""Start and stop the emulator and its mailbox."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tools.stack import processes, state
from tools.stack.processes import Started

REGION = "us-east-1"
VENV = state.LOCAL / "venvs" / "stack"
LAUNCHER = Path(__file__).with_name("launcher.py")
READY_S = 60.0


class StackError(RuntimeError):
    """The local stack cannot do what was asked; the text says what to do."""


def environment(run: Path, port: int, smtp_port: int) -> dict[str, str]:
    """Everything the emulator's process sees.

    Functions inherit the emulator's environment, so nothing of the caller's may get
    in: certificates (AWS_CA_BUNDLE, SSL_CERT_FILE) and AWS_ENDPOINT_URL would reach
    them. HOME is an empty folder, as in Lambda there is no ~/.aws.
    """
    return {
        "PATH": os.pathsep.join([str(VENV / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(run / "home"),
        "TMPDIR": str(run / "tmp"),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "STATE_DIR": str(run / "state"),
        "S3_DATA_DIR": str(run / "s3"),
        "SMTP_HOST": f"127.0.0.1:{smtp_port}",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        # The emulator waits this long before it repeats a failed asynchronous call.
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
    }


def free_port(preferred: int | None) -> int:
    """The preferred port when nobody listens there, else a free one."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            # As servers do: a port whose last connections are still winding down is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            number: int = probe.getsockname()[1]
            return number
    raise StackError("no free port on 127.0.0.1")


def is_ready(port: int) -> bool:
    """Whether the emulator on this port answers."""
    # The caller's proxy settings are not for the loopback address.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}/_ministack/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def running() -> dict[str, object] | None:
    """What state.json knows of the running emulator, or None when it does not run."""
    known = state.read(state.STATE)
    if processes.alive(known.get("emulator")) and is_ready(int(known["port"])):
        return known
    return None


def endpoint() -> str:
    """The AWS endpoint of the running stack."""
    known = running()
    if known is None:
        raise StackError("the local stack is not running: run `make up`")
    return f"http://localhost:{known['port']}"


def start(launcher: Path | None = LAUNCHER) -> bool:
    """Start what does not run; False when everything already ran.

    Nothing is persisted over a restart: the emulator saves its state on a clean stop
    only (a put before kill -9 is lost, measured with ministack 1.5.33), and deploying
    again takes seconds.
    """
    known = running()
    if known is not None and processes.alive(state.read(state.STATE).get("mailbox")):
        return False
    stop()
    shutil.rmtree(state.RUN, ignore_errors=True)
    shutil.rmtree(state.MAIL, ignore_errors=True)
    state.MAIL.mkdir(parents=True)
    mailbox, smtp_port = start_mailbox(state.MAIL, state.RUN)
    state.update(state.STATE, mailbox=mailbox, smtp_port=smtp_port)
    port = free_port(state.read(state.STATE).get("port"))
    emulator = start_emulator(state.RUN, port, smtp_port, launcher=launcher)
    state.update(state.STATE, emulator=emulator, port=port, deployed=None, outputs=None)
    state.DESCRIPTION.unlink(missing_ok=True)
    return True


def start_mailbox(mail: Path, run: Path) -> tuple[Started, int]:
    """Start the SMTP sink; returns it and its port."""
    run.mkdir(parents=True, exist_ok=True)
    port_file, log = run / "smtp.port", state.LOGS / "mailbox.log"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tools.stack.mailbox", str(mail), str(port_file)]
    own = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "TZ": "UTC"}
    process = processes.start(command, own, log, state.ROOT)
    processes.wait_until(port_file.exists, "the mailbox", process, READY_S, log)
    return process, int(port_file.read_text(encoding="ascii"))


def start_emulator(
    run: Path, port: int, smtp_port: int, *, launcher: Path | None = LAUNCHER, log: Path | None = None
) -> Started:
    """Start one emulator with its data under `run`; without a launcher it is the untouched package."""
    python = VENV / "bin" / "python3.13"
    if not python.exists():
        raise StackError("the emulator's environment is missing: run `make setup`")
    for name in ("home", "tmp", "state", "s3"):
        (run / name).mkdir(parents=True, exist_ok=True)
    log = log or state.LOGS / "emulator.log"
    # -P: the launcher's folder must not become an import path.
    command = [str(python), "-P", str(launcher)] if launcher else [str(python), "-P", "-m", "ministack"]
    process = processes.start(command, environment(run, port, smtp_port), log, run)
    processes.wait_until(lambda: is_ready(port), "the emulator", process, READY_S, log)
    return process


def stop() -> list[str]:
    """End what we started, remove its temporary files; returns the names of what was ended."""
    known = state.read(state.STATE)
    ended = [name for name in ("emulator", "mailbox") if processes.stop(known.get(name))]
    # Function workers leave their unpacked layers (hundreds of megabytes) behind.
    shutil.rmtree(state.RUN, ignore_errors=True)
    if known:
        state.update(state.STATE, emulator=None, mailbox=None, smtp_port=None, deployed=None, outputs=None)
    state.DESCRIPTION.unlink(missing_ok=True)
    return ended
