"""A window of the machine's own Chromium at the dashboard, signed in as somebody: for tests, pictures and figures.

Nothing is downloaded: Playwright drives the browser that is installed (Debian's package `chromium`, or Chrome).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium here (Debian package chromium)"
DESK, PHONE = (1440, 900), (375, 812)
# A machine that does something else beside this is no failure.
PATIENCE_MS = 40_000
# Shown, and nothing that is still being loaded.
SETTLED = """() => {
  const shown = document.querySelector('#ringlake h1, #ringlake [role=alert], #ringlake .state')
  return shown !== null && document.querySelector('.skeleton, .stale, [aria-busy=true]') === null
}"""

Query = str | int | bool | Sequence[str | int]


class Login(NamedTuple):
    """Who signs in."""

    email: str
    password: str


def chromium() -> str | None:
    """Where the browser is."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launched() -> Iterator[Browser]:
    """The browser, running without a screen."""
    path = chromium()
    if path is None:
        raise RuntimeError(MISSING)
    # Chromium refuses its sandbox to root.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=[*options, "--disable-dev-shm-usage"])
        yield running
        running.close()


class Window:
    """A tab of a context of its own; `url` is where the dashboard stands."""

    def __init__(self, context: BrowserContext, url: str, login: Login | None) -> None:
        self.context = context
        self.url = url.rstrip("/")
        self.login = login
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)

    def open(self, page: str, /, **query: Query) -> Page:
        """Open a page by its address (`overview`, `settings/people`, "" for the start), complete."""
        words = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
        address = f"{self.url}/app/{page}" if page else f"{self.url}/"
        self.page.goto(address + (f"?{urlencode(words, doseq=True)}" if words else ""))
        self.sign_in_if_asked()
        return self.settled()

    def settled(self) -> Page:
        """Wait until nothing on the page is being loaded any more."""
        self.page.wait_for_function(SETTLED)
        return self.page

    def sign_in_if_asked(self) -> None:
        """The hosted login, when the page led there; stays there for a visitor who has no login."""
        self.page.wait_for_function("() => document.querySelector('#ringlake *, input[name=password]') !== null")
        if self.page.locator("input[name=password]").count() and self.login is not None:
            self.page.fill("input[name=username]", self.login.email)
            self.page.fill("input[name=password]", self.login.password)
            self.page.click("button")
            self.page.wait_for_url(f"{self.url}/app/**")

    def look(
        self, size: tuple[int, int] = DESK, *, dark: bool = False, language: str = "en", reload: bool = False
    ) -> None:
        """Change the window, the colours and the language. The language needs a page that is loaded after it."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        if self.page.url.startswith(self.url):
            self.page.evaluate(
                "(wanted) => { localStorage.removeItem('ringlake.theme');"
                " localStorage.setItem('ringlake.language', wanted) }",
                language,
            )
        if reload:
            self.page.reload()
            self.settled()
        # The page hears of the colours by an event, and paints them with its next frame.
        self.page.wait_for_function(
            "(wanted) => (document.documentElement.dataset.theme ?? wanted) === wanted", arg="dark" if dark else "light"
        )
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
