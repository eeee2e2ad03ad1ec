"""Command line of the local stack: up, down, status, env."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from tools.stack import deploy, server, state
from tools.stack.server import StackError

USAGE = """\
usage: python -m tools.stack COMMAND

  up       start the emulator and the mailbox; build and deploy what changed
  down     stop what `up` started and remove its temporary files
  status   what runs, and where
  env      shell exports for the AWS CLI and boto3:  eval "$(python -m tools.stack env)"
"""


@contextlib.contextmanager
def phase(title: str) -> Iterator[None]:
    """Print one progress line with the time it took."""
    print(f"stack  {title} … ", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def up() -> int:
    """Bring the whole stack up; does nothing that is already done."""
    with state.locked("command"):
        with phase("emulator and mailbox"):
            server.start()
        if deploy.is_current():
            print("stack  template and functions are unchanged", flush=True)
        else:
            with phase("sam build"):
                deploy.build()
            with phase("deploy"):
                deploy.deploy()
    return status()


def down() -> int:
    """Stop what runs."""
    with state.locked("command"):
        ended = server.stop()
    print(f"stack  stopped: {', '.join(ended)}" if ended else "stack  nothing was running")
    return 0


def status() -> int:
    """Print addresses; exit code 1 when the stack is not complete."""
    known = server.running()
    if known is None:
        print("stack  not running (start it with `make up`)")
        return 1
    description = state.read(state.DESCRIPTION)
    if not description:
        print(f"stack  emulator runs at http://localhost:{known['port']}, nothing is deployed")
        return 1
    rows = {
        "api": description["api_url"],
        "aws": description["aws_endpoint_url"],
        "mail": description["mail_dir"],
        "details": str(state.DESCRIPTION),
    }
    for title, value in rows.items():
        print(f"stack  {title:<8} {value}")
    return 0


def env() -> int:
    """Print exports that point any AWS client at the stack."""
    for line in (
        f"export AWS_ENDPOINT_URL={server.endpoint()}",
        f"export AWS_DEFAULT_REGION={server.REGION}",
        "export AWS_ACCESS_KEY_ID=test",
        "export AWS_SECRET_ACCESS_KEY=test",
        "export SAM_CLI_TELEMETRY=0",
        "unset AWS_PROFILE AWS_SESSION_TOKEN",
    ):
        print(line)
    return 0


def main(arguments: list[str]) -> int:
    commands = {"up": up, "down": down, "status": status, "env": env}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        return commands[arguments[0]]()
    except StackError as error:
        print(f"\nstack  {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
