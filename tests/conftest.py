"""What holds for every test.

Hypothesis looks at the same few examples by default, at new and many on demand; no profile has
a deadline, because a busy machine is no failure:

    HYPOTHESIS_PROFILE=deep pytest tests/property

`quick` is what `make test-fast` looks at between two thoughts. Only tests in `integration` and `browser`
may open a socket; of parallel workers one has them all, because they share a stack.

What could not be tried on this machine is said again at the end of the run, so that it is not taken for a success.
"""

from __future__ import annotations

import os
from collections import Counter
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

# Their fixtures are the same stack with the same traffic, set up once.
pytest_plugins = ("tests.deployed",)
ON_THE_STACK = ("integration", "browser")
NOT_RUN = "NOT RUN: "


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything beside `integration` and `browser` is fast and has no network."""
    folders = [Path(__file__).parent / name for name in ON_THE_STACK]
    for item in items:
        if not any(item.path.is_relative_to(folder) for folder in folders):
            item.add_marker(pytest.mark.disable_socket)
    items.sort(key=lambda item: item.get_closest_marker("untouched") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was left out for want of a program, once for each reason."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if NOT_RUN in said:
            reasons[said[said.index(NOT_RUN) :]] += 1
    for reason, tests in reasons.items():
        terminalreporter.write_line(f"*** {reason} ({tests} tests) ***", red=True, bold=True)


class OneStack(LoadScopeScheduling):  # type: ignore[misc]
    """Parallel workers take one test at a time, but all that share the local stack go to one of them.

    Groups by mark would say the same, but pytest-xdist 3.8 writes them where pytest 9.2 no longer looks.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "stack" if nodeid.startswith(tuple(f"tests/{name}/" for name in ON_THE_STACK)) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneStack:
    return OneStack(config, log)
