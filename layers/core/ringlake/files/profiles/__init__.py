"""Which columns a file of calls and messages has, and under whose names (features.md F31-F50, O30-O44, N1-N15)."""

from __future__ import annotations

from ringlake.errors import InvalidRequest

from .fcc import FCC
from .novofon import NOVOFON
from .openphone import OPENPHONE
from .own import FULL, RINGLAKE
from .ringostat import RINGOSTAT
from .rows import Profile, batches
from .wiseparts import WISEPARTS

PROFILES: dict[str, Profile] = {
    profile.name: profile for profile in (RINGLAKE, FULL, OPENPHONE, RINGOSTAT, WISEPARTS, FCC, NOVOFON)
}

__all__ = ["PROFILES", "Profile", "batches", "profile_of"]


def profile_of(name: str) -> Profile:
    """A profile by its name. Raises `InvalidRequest` naming `profile`."""
    if name not in PROFILES:
        raise InvalidRequest("profile", f"there is none of this name; there are {', '.join(PROFILES)}")
    return PROFILES[name]
