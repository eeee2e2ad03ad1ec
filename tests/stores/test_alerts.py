"""The twin of the alerts' store."""

from __future__ import annotations

import pytest

from ringlake.stores.alerts import Alerts, MemoryAlerts
from tests.stores.alerts_suite import AlertsSuite


class TestMemoryAlerts(AlertsSuite):
    @pytest.fixture
    def store(self) -> Alerts:
        return MemoryAlerts()
