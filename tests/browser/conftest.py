"""A real Chromium in front of the deployed product, on the stack of tests/deployed.py.

Each role has one window for the whole session, signed in once through the hosted login: `page_of("owner")`. Whatever
goes wrong in a window (a console error, a refused request, a breach of the policy) fails the test that used it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.reader import Reader
from tests.deployed import Stack
from tools import window
from tools.simulator import deliver, seeding
from tools.simulator.history import History

# One of each role at the simulated company.
PEOPLE = {"owner": "olivia", "manager": "martin", "operator": "anna", "member": "ines"}
PICTURES = Path(__file__).resolve().parents[2] / ".local" / "browser"
# Not the company's: times must be shown in the workspace's zone wherever the reader sits.
ZONE_OF_THE_READER = "Asia/Tokyo"

# Who is at a page: role, and a workspace other than the one with the traffic.
PageOf = Callable[..., Reader]


@pytest.fixture(autouse=True, scope="session")
def _browser_or_nothing() -> None:
    if window.chromium() is None:
        pytest.skip(f"NOT RUN: {window.MISSING}, the dashboard was opened by no browser")


@pytest.fixture(scope="session")
def browser(_browser_or_nothing: None) -> Iterator[Browser]:
    """The machine's own Chromium; nothing is downloaded."""
    with window.launched() as running:
        yield running


@pytest.fixture(scope="session")
def _windows(browser: Browser) -> Iterator[dict[tuple[str, str], Reader]]:
    windows: dict[tuple[str, str], Reader] = {}
    yield windows
    for reader in windows.values():
        reader.context.close()


def _reader(browser: Browser, stack: Stack, login: seeding.Login | None) -> Reader:
    context = browser.new_context(timezone_id=ZONE_OF_THE_READER, locale="en-GB", accept_downloads=True)
    return Reader(context, stack.api_url, window.Login(login.email, login.password) if login else None)


@pytest.fixture
def page_of(
    request: pytest.FixtureRequest,
    browser: Browser,
    stack: Stack,
    seeded: seeding.Seeded,
    sent: deliver.Sent,
    _windows: dict[tuple[str, str], Reader],
) -> Iterator[PageOf]:
    """`page_of("manager")` is the manager's window; `page_of("owner", spare)` is one in another workspace."""
    used: list[Reader] = []

    def opened(role: str, workspace: seeding.Seeded = seeded) -> Reader:
        key = (workspace.workspace, role)
        if key not in _windows:
            _windows[key] = _reader(browser, stack, workspace.login(PEOPLE[role]))
        reader = _windows[key]
        if reader not in used:
            reader.forget()
            used.append(reader)
        return reader

    yield opened
    _finish(request, used)


@pytest.fixture
def visitor(request: pytest.FixtureRequest, browser: Browser, stack: Stack) -> Iterator[Callable[..., Reader]]:
    """`visitor()` has a browser of their own and is not signed in; with a login they sign in when asked."""
    used: list[Reader] = []

    def opened(login: seeding.Login | None = None) -> Reader:
        used.append(_reader(browser, stack, login))
        used[-1].look()
        return used[-1]

    yield opened
    _finish(request, used)
    for reader in used:
        reader.context.close()


@pytest.fixture(scope="session")
def dates(story: History) -> dict[str, str]:
    """The days of the story, for the address: `reader.open("overview", **dates)`."""
    return {"from": story.days[0].isoformat(), "to": story.days[-1].isoformat()}


def _finish(request: pytest.FixtureRequest, used: list[Reader]) -> None:
    """A picture of each window of a failed test; then nothing may have gone wrong in any."""
    problems = [f"{reader.page.url}: {problem}" for reader in used for problem in reader.problems]
    if problems or request.node.stash.get(FAILED, False):
        PICTURES.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w\-]+", "_", request.node.nodeid.removeprefix("tests/browser/"))[:120]
        for number, reader in enumerate(used):
            path = PICTURES / f"{name}-{number}.png"
            reader.page.screenshot(path=path)
            print(f"{reader.page.url} is shown in {path}")
    assert not problems, "\n".join(problems)


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
