"""Where the local stack keeps its files, and how they are written.

`.local/stack/state.json` is this package's own memory (processes, ports, what was
deployed). `.local/stack.json` is the public description other tools read; its keys
are those of `Description`. RINGLAKE_STACK_DIR names another folder than `.local/stack`,
for a second stack beside the first (the tests run on one of their own).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
STACK = Path(os.environ.get("RINGLAKE_STACK_DIR") or LOCAL / "stack").absolute()
STATE = STACK / "state.json"
DESCRIPTION = STACK.with_name(f"{STACK.name}.json")
MAIL = STACK / "mail"
# Emptied with every new start of the emulator: its TMPDIR, its HOME and its data.
RUN = STACK / "run"
LOGS = STACK / "logs"


class User(TypedDict):
    """A seeded user who can sign in."""

    email: str
    password: str
    role: str
    workspace: NotRequired[str]


class Connection(TypedDict):
    """A seeded provider connection and the secret that signs its test webhooks.

    Amazon Connect has no webhook: its events come by `event_bus` to `function` and name the `instance_arn`.
    """

    provider: str
    webhook_url: str
    test_secret: str
    workspace: NotRequired[str]
    connection: NotRequired[str]
    scheme: NotRequired[str]
    event_bus: NotRequired[str]
    function: NotRequired[str]
    instance_arn: NotRequired[str]


class Description(TypedDict, total=False):
    """The keys of `.local/stack.json`."""

    api_url: str
    aws_endpoint_url: str
    region: str
    stack_name: str
    workspace: str
    users: list[User]
    owners: list[User]
    connections: list[Connection]
    buckets: dict[str, str]
    tables: dict[str, str]
    athena: dict[str, str]
    mail_dir: str
    functions: dict[str, str]


def read(path: Path) -> dict[str, Any]:
    """The JSON object in a file, or an empty one when there is none yet."""
    try:
        return cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a JSON file at once; mode 0600, because it may hold test secrets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp creates the file with mode 0600.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(name: str, folder: Path = STACK) -> Iterator[None]:
    """Hold a lock, so that two commands do not interleave."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def update(path: Path = DESCRIPTION, /, **parts: Any) -> dict[str, Any]:
    """Merge top-level keys into a JSON file and return the whole.

    A value of None removes its key.
    """
    with locked("state"):
        content = {**read(path), **parts}
        content = {key: value for key, value in content.items() if value is not None}
        write(path, content)
    return content


def outputs() -> dict[str, str]:
    """All outputs of the deployed stack, also those that `.local/stack.json` does not show."""
    return cast(dict[str, str], read(STATE).get("outputs") or {})


def describe() -> Description:
    """What `.local/stack.json` says; RuntimeError when nothing is deployed."""
    content = read(DESCRIPTION)
    if not content:
        raise RuntimeError("no local stack: run `make up` first")
    return cast(Description, content)
