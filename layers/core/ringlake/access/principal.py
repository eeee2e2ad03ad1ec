"""The signed-in user behind a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ringlake.errors import NotAuthentic
from ringlake.model.base import Model
from ringlake.model.directory import User


class DirectoryReader(Protocol):
    """The part of the Directory that identities are looked up in."""

    def user_by_sub(self, sub: str) -> tuple[str, User] | None: ...


class Principal(Model, frozen=True, kw_only=True):
    workspace: str
    user: User


def principal(claims: Mapping[str, object], directory: DirectoryReader) -> Principal:
    """The user of verified JWT claims, looked up at each request, so that a change of role counts at once.

    The authorizer has checked signature, issuer, audience and expiry; it cannot tell an access
    token from an ID token, so that is done here. Nothing else of the claims is believed: no
    groups, no tenant (aws.md 2). Raises `NotAuthentic` for another kind of token, an unknown
    identity, a suspended and a deleted user alike.
    """
    sub = claims.get("sub")
    if claims.get("token_use") != "access" or not isinstance(sub, str) or not sub:
        raise NotAuthentic
    found = directory.user_by_sub(sub)
    if found is None or not found[1].active:
        raise NotAuthentic
    workspace, user = found
    return Principal(workspace=workspace, user=user)
