"""Who may do what, and which rows they see: roles, abilities, scope (features.md O3, O4, W9-W18).

Pure: the caller brings the user, who is looked up in the Directory at each request.
"""

from .abilities import abilities, of_role, permit, roles
from .principal import DirectoryReader, Principal, principal
from .routes import ROUTES, UNKNOWN, methods_of
from .scope import Scope, scope

__all__ = [
    "ROUTES",
    "UNKNOWN",
    "DirectoryReader",
    "Principal",
    "Scope",
    "abilities",
    "methods_of",
    "of_role",
    "permit",
    "principal",
    "roles",
    "scope",
]
