"""Mail beyond the sending: what became of it, who agreed to get it, and who wants no more of it (demands.md D57)."""

from __future__ import annotations

from .asking import AddressBody, Asking, MailAddresses, MailAddressView
from .fates import Fate, FateKind, fate_of
from .links import Links, Seen, Wish
from .postmaster import Noted, Postmaster

__all__ = [
    "AddressBody",
    "Asking",
    "Fate",
    "FateKind",
    "Links",
    "MailAddressView",
    "MailAddresses",
    "Noted",
    "Postmaster",
    "Seen",
    "Wish",
    "fate_of",
]
