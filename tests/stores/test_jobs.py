"""The twin of the jobs; the real store passes the same suite on the emulator (tests/integration)."""

from __future__ import annotations

import pytest

from ringlake.stores.jobs import Jobs, MemoryJobs
from tests.stores.jobs_suite import JobsSuite


class TestMemoryJobs(JobsSuite):
    @pytest.fixture
    def jobs(self) -> Jobs:
        return MemoryJobs()
