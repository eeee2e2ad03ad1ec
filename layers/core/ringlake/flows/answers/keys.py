"""What cursors are signed with, and what they are bound to."""

from __future__ import annotations

from collections.abc import Mapping

from ringlake.access import Principal, scope
from ringlake.model.directory import Workspace
from ringlake.query.cursor import bound, signing_key
from ringlake.stores.directory import party_key_context
from ringlake.stores.vault import Vault

# A process serves few workspaces; a key that changed is another entry.
_KEPT = 1_000


def made_for(viewer: Principal, name: str, asked: Mapping[str, object]) -> bytes:
    """What a cursor of the list `name` is bound to: nobody else's, and no other filter."""
    return bound(list=name, workspace=viewer.workspace, user=viewer.user.id, scope=scope(viewer.user), filter=asked)


class CursorKeys:
    """The signing key of a workspace's cursors, made from its key for customers; opened once per process."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: dict[tuple[str, bytes], bytes] = {}

    def of(self, workspace: Workspace) -> bytes:
        """Raises `Unavailable` when the key service does not answer."""
        sealed = workspace.party_secret
        known = self._known.get((workspace.id, sealed))
        if known is None:
            # Every workspace is founded with a key; one without has no customers yet, so nothing to page through.
            opened = self._vault.decrypt(sealed, party_key_context(workspace.id)) if sealed else workspace.id.encode()
            known = signing_key(opened)
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[workspace.id, sealed] = known
        return known
