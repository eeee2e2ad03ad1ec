"""Walls: live boards on screens where nobody is signed in, for instance a television (demands.md D66)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from .base import Answer, Model
from .board import BoardFilter
from .language import Language


class Theme(StrEnum):
    """Colours of a wall's page; `auto` is what the screen's system prefers."""

    DARK = "dark"
    LIGHT = "light"
    AUTO = "auto"


class Thresholds(Answer, frozen=True, kw_only=True):
    """From when on a figure is shown amber or red: a wait in seconds, and how many wait. Without a number for a wait
    the promised time to answer of each call decides (demands.md D69).
    """

    wait_amber_s: int | None = None
    wait_red_s: int | None = None
    waiting_amber: int | None = None
    waiting_red: int | None = None


class Wall(Model, frozen=True, kw_only=True):
    """A read-only board for whoever holds its token, until it is withdrawn.

    It shows what `owner` may see at that moment, without customers, through `filter`. `digest` is the SHA-256 of the
    token's secret, which is kept nowhere. `version` rises with every change.
    """

    id: str
    name: str
    owner: str
    digest: str
    filter: BoardFilter = BoardFilter()
    thresholds: Thresholds = Thresholds()
    language: Language = Language.EN
    theme: Theme = Theme.DARK
    created_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    def opens(self, secret: str) -> bool:
        """Whether this is the token's secret; takes as long for any other."""
        return hmac.compare_digest(self.digest, digest_of(secret))


class Token(NamedTuple):
    """What stands in a wall's address: `<workspace>.<wall>.<256 random bits>`. So it is found without an index."""

    workspace: str
    wall: str
    secret: str

    @property
    def text(self) -> str:
        return ".".join(self)


_TOKEN = re.compile(r"([A-Za-z0-9._-]{1,100})\.(w-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})", re.ASCII)


def new_token(workspace: str, wall: str) -> Token:
    return Token(workspace, wall, secrets.token_urlsafe(32))


def read_token(text: str) -> Token | None:
    """None for what no token looks like."""
    found = _TOKEN.fullmatch(text) if len(text) <= 200 else None
    return Token(*found.groups()) if found else None


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
