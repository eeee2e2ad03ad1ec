"""Ringlake's own webhook contract, for every system without a public one.

Signed by Standard Webhooks; `webhook-id` is the event id. The body is that of `canonical.py`, published
as docs/schemas/generic.schema.json.

Options of the connection: `dnd_devices`, a comma-separated list of user agents (without their
version) whose do-not-disturb counts; a connection with the capability `dnd` and no list takes it
from every device. From any other device `dnd` is kept raw and read as online (features.md R35).
"""

from __future__ import annotations

from .canonical import Signed


class Generic(Signed):
    """The adapter; see the module's text for the contract."""

    name = "generic"
    version = 3


ADAPTER = Generic()
