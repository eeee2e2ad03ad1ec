"""The environment of the functions, typed and read once per process on first use.

Every function asks for the settings it needs by type; a missing or wrong variable raises
`SettingsError` that names it. Nothing is read at import.
"""

from __future__ import annotations

import os
from functools import cache

import msgspec

from .errors import SettingsError
from .model.base import Model


class Journal(Model, frozen=True, kw_only=True):
    journal_table: str
    journal_days: int = 90


class Records(Model, frozen=True, kw_only=True):
    records_table: str


class Directory(Model, frozen=True, kw_only=True):
    directory_table: str
    key_id: str


class Tenants(Model, frozen=True, kw_only=True):
    """The directory for functions that open nothing in it."""

    directory_table: str


class Lake(Model, frozen=True, kw_only=True):
    lake_bucket: str


class Raw(Model, frozen=True, kw_only=True):
    raw_bucket: str


class Exports(Model, frozen=True, kw_only=True):
    exports_bucket: str


class Queues(Model, frozen=True, kw_only=True):
    export_queue_url: str
    report_queue_url: str


class Work(Model, frozen=True, kw_only=True):
    """The queue that a worker is called by."""

    queue_url: str


class Hooks(Model, frozen=True, kw_only=True):
    """The queue of webhooks that go out."""

    hook_queue_url: str


class Web(Model, frozen=True, kw_only=True):
    """`public_url` is what senders and people use; signed URLs are rebuilt from it, never from `Host`."""

    public_url: str


class Live(Model, frozen=True, kw_only=True):
    """`live_url` is the address at which clients reach the live boards (`wss://…`)."""

    live_table: str
    live_url: str


class People(Model, frozen=True, kw_only=True):
    """The Cognito user pool whose people sign in."""

    user_pool: str


class Mail(Model, frozen=True, kw_only=True):
    """Files up to `attach_limit_bytes` (encoded) travel in the mail, larger ones as a link (demands.md D59)."""

    mail_from: str
    attach_limit_bytes: int = 7_000_000


class Athena(Model, frozen=True, kw_only=True):
    athena_workgroup: str
    glue_database: str


@cache
def read[T: Model](kind: type[T]) -> T:
    """The settings of this kind from `RINGLAKE_<FIELD>` variables."""
    found: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        name = f"RINGLAKE_{field.name.upper()}"
        value = os.environ.get(name, "")
        if value:
            found[field.name] = value
        elif field.required:
            raise SettingsError(f"{name}: missing or empty")
    try:
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"RINGLAKE_*: {error}") from None
