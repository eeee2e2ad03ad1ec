"""What people ask the analytics API: each module answers one kind of question.

Every answer is made of the same thing, a `Question`: who asks, what he may see, and one resolved
filter. Every number is computed from the rows that the question selects, which are the rows of the list
and of the file too; so screen, list and file agree by construction (demands.md D2, D25, D80).
"""

from __future__ import annotations

from ringlake.flows.dealing import Dealing
from ringlake.flows.directory import Stores

from .breakdown import BreakdownAnswers
from .callers import CallerAnswers
from .concurrency import ConcurrencyAnswers
from .content import Contents
from .customers import CustomerAnswers
from .deals import DealAnswers
from .detail import Details
from .facts import Facts
from .found import Finder
from .heatmap import HeatmapAnswers
from .interactions import InteractionList
from .keys import CursorKeys
from .live import Screens, Watching
from .load import LoadAnswers
from .occurring import OccurringAnswers
from .presence import PresenceAnswers
from .profile import ProfileAnswers
from .quality import QualityAnswers
from .responses import ResponseAnswers
from .rings import RingAnswers
from .saved import Saved
from .series import SeriesAnswers
from .service import ServiceAnswers
from .summary import SummaryAnswers
from .targets import TargetAnswers
from .team import TeamAnswers
from .waits import WaitAnswers
from .walls import WallBook
from .worklist import WorkList

__all__ = ["AnswerRooms", "Screens"]


class AnswerRooms:
    """All use cases over the rows of the lake and the stores of one installation."""

    def __init__(self, stores: Stores, facts: Facts, screens: Screens) -> None:
        self.stores = stores
        self.facts = facts
        keys = CursorKeys(stores.vault)
        self.interactions = InteractionList(stores.directory, facts, stores.records, keys)
        self.dealing = Dealing(stores)
        self.deals = DealAnswers(stores.directory, facts, stores.records, keys)
        self.callers = CallerAnswers(stores.directory, facts, stores.records)
        self.customers = CustomerAnswers(stores.directory, facts, stores.records, stores.contacts, keys)
        finder = Finder(stores.directory, stores.records, stores.marks)
        self.details = Details(finder)
        self.occurring = OccurringAnswers(stores.directory, facts, stores.records)
        self.work_list = WorkList(stores.directory, facts, stores.records, keys, stores.marks, stores.lake)
        self.saved = Saved(stores.directory, facts, stores.records, stores.saved)
        self.contents = Contents(finder, stores.directory, stores.journal, stores.raw)
        self.presence = PresenceAnswers(stores.directory, facts, stores.records)
        self.rings = RingAnswers(stores.directory, facts, stores.records)
        self.load = LoadAnswers(stores.directory, facts, stores.records)
        self.profile = ProfileAnswers(stores.directory, facts, stores.records)
        self.targets = TargetAnswers(stores.directory, facts, stores.records)
        self.watching = Watching(stores, facts, screens)
        self.walls = WallBook(stores, facts, screens)
        self.waits = WaitAnswers(stores.directory, facts, stores.records)
        self.service = ServiceAnswers(stores.directory, facts, stores.records)
        self.responses = ResponseAnswers(stores.directory, facts, stores.records)
        self.concurrency = ConcurrencyAnswers(stores.directory, facts, stores.records)
        self.quality = QualityAnswers(stores, facts)
        self.summary = SummaryAnswers(stores.directory, facts, stores.records)
        self.series = SeriesAnswers(stores.directory, facts, stores.records)
        self.heatmap = HeatmapAnswers(stores.directory, facts, stores.records)
        self.breakdown = BreakdownAnswers(stores.directory, facts, stores.records)
        self.team = TeamAnswers(stores.directory, facts, stores.records)
