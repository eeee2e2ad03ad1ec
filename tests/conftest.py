"""What holds for every test.

Hypothesis looks at the same few examples by default, at new and many on demand; no profile has
a deadline, because a busy machine is no failure:

    HYPOTHESIS_PROFILE=deep pytest tests/property

`quick` is what `make test-fast` looks at between two thoughts. Only tests in `integration` may open a
socket; of parallel workers one has them all, because they share a stack.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile(
    "ci",
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("quick", settings.get_profile("ci"), max_examples=8)
settings.register_profile("deep", settings.get_profile("ci"), max_examples=1_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

WITH_SOCKETS = Path(__file__).parent / "integration"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything outside `integration` is fast and has no network."""
    for item in items:
        if not item.path.is_relative_to(WITH_SOCKETS):
            item.add_marker(pytest.mark.disable_socket)


class OneStack(LoadScopeScheduling):  # type: ignore[misc]
    """Parallel workers take one test at a time, but all that share the local stack go to one of them.

    Groups by mark would say the same, but pytest-xdist 3.8 writes them where pytest 9.2 no longer looks.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "stack" if nodeid.startswith("tests/integration/") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneStack:
    return OneStack(config, log)
