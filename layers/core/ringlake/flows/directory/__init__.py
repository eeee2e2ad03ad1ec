"""What people do with the directory: each module has the use cases of one kind of thing.

Every change is made from a version that the caller names, is checked against what the caller may do,
and is written in one step with a line that says who did it. Nothing is removed: things are marked
deleted, so that history keeps its names (demands.md D72).
"""

from __future__ import annotations

from .catalogue import CallLists, Sources, Tariffs
from .connections import Connections
from .contacts import ContactBook
from .looking import Looking
from .mapping import Mapping
from .marking import Marking
from .numbers import Numbers
from .office import Stores
from .settings import Settings
from .teams import Teams
from .transfers import Transfers
from .users import Users

__all__ = ["Offices", "Stores"]


class Offices:
    """All use cases over the stores of one installation."""

    def __init__(self, stores: Stores) -> None:
        self.settings = Settings(stores)
        self.connections = Connections(stores)
        self.users = Users(stores)
        self.teams = Teams(stores)
        self.numbers = Numbers(stores)
        self.contacts = ContactBook(stores)
        self.sources = Sources(stores)
        self.lists = CallLists(stores)
        self.tariffs = Tariffs(stores)
        self.mapping = Mapping(stores)
        self.marking = Marking(stores)
        self.looking = Looking(stores)
        self.transfers = Transfers(stores)
