"""The bench of the browser measures what it says: without looking at any time."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.bench import browser as bench
from tests.deployed import Stack
from tools.simulator import deliver, seeding
from tools.window import Login


def test_a_full_cache_leaves_the_answers_to_be_fetched(
    browser: Browser, stack: Stack, seeded: seeding.Seeded, sent: deliver.Sent, dates: dict[str, str]
) -> None:
    login = seeded.login("olivia")
    found = bench.opened(browser, stack.api_url, Login(login.email, login.password), bench.PEER, dates)
    cold, warm = found["cold"], found["warm"]
    assert cold.site > 10 * warm.site
    assert cold.site < bench.FIRST_LOAD_KB * 1000
    assert cold.answers > 0
    assert cold.requests == warm.requests > 5
    assert 0 < cold.paint <= cold.complete
