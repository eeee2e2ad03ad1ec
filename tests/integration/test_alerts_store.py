"""Alerts on the emulator, by the same cases as their twin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ringlake.stores.alerts import Alerts, DynamoAlerts
from tests.integration.emulators import Emulator, emulator, library_at, new_directory_table
from tests.stores.alerts_suite import AlertsSuite

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("alerts") / "emulator") as found, library_at(found):
        yield found


class TestDynamoAlerts(AlertsSuite):
    @pytest.fixture
    def store(self, running: Emulator) -> Alerts:
        return DynamoAlerts(new_directory_table(running))
