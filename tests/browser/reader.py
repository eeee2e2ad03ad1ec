"""Somebody at the dashboard: a page of the browser that notices what goes wrong in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

from tools.simulator.seeding import Login

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "functions" / "dashboard" / "site" / "node_modules" / "axe-core" / "axe.min.js"
DESK, PHONE = (1440, 900), (375, 812)
PATIENCE_MS = 20_000
SERIOUS = ("serious", "critical")

# The browser tells nobody but the page when its policy forbids something.
REPORT_POLICY = """
addEventListener('securitypolicyviolation', (event) => {
  console.error(`policy: ${event.effectiveDirective} forbids ${event.blockedURI || 'inline'} in ${event.sourceFile}`)
})
"""
SETTLED = """() => {
  const shown = document.querySelector('#ringlake h1, #ringlake [role=alert]')
  return shown !== null && document.querySelector('.skeleton, .stale, [aria-busy=true]') === null
}"""
# What sticks out of the window, and text that is cut off without a way to read the rest.
OVERFLOWING = """() => {
  const width = document.documentElement.clientWidth
  const found = []
  const say = (element, what) => {
    const name = element.tagName.toLowerCase() + (element.className && typeof element.className === 'string'
      ? '.' + element.className.trim().split(/\\s+/).join('.') : '')
    found.push(`${what}: ${name} "${(element.textContent || '').trim().slice(0, 60)}"`)
  }
  const scrolls = (element) => {
    for (let here = element.parentElement; here && here !== document.body; here = here.parentElement) {
      if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(here).overflowX)) return true
    }
    return false
  }
  for (const element of document.body.querySelectorAll('*')) {
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue
    const box = element.getBoundingClientRect()
    if (box.width <= 1 || box.height <= 1) continue
    if ((box.right > width + 1 || box.left < -1) && !scrolls(element)) say(element, 'outside of the window')
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    const style = getComputedStyle(element)
    const cut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
    const hidden = ['hidden', 'clip'].includes(style.overflowX) && !element.closest('[title]')
    if (text && cut && hidden) say(element, 'cut off')
  }
  return found
}"""


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


class Reader:
    """A person's tab. Console errors, refused requests and breaches of the policy are collected in `problems`."""

    def __init__(self, context: BrowserContext, url: str, login: Login | None) -> None:
        self.context = context
        self.url = url.rstrip("/")
        self.login = login
        self.problems: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.add_init_script(REPORT_POLICY)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self._note(f"error: {error}"))
        self.page.on("response", self._answered)
        self.page.on("requestfailed", self._failed)

    # --- moving about

    def open(self, page: str, /, **query: str | int | bool | Sequence[str | int]) -> Page:
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

    # --- judging

    def axe(self) -> list[str]:
        """Serious and critical findings of axe on what is shown now: rule and element."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(_axe())
        found: Mapping[str, Any] = self.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
        return [
            f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
            for one in found["violations"]
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]

    def overflowing(self) -> list[str]:
        """Elements that stick out of the window, and text that is cut off."""
        found: list[str] = self.page.evaluate(OVERFLOWING)
        return found

    @contextmanager
    def expecting(self, *patterns: str) -> Iterator[None]:
        """Problems that match one of these are what the test is about."""
        self._expected = [re.compile(one) for one in patterns]
        try:
            yield
        finally:
            self._expected = []

    def forget(self) -> None:
        """Begin another test: the usual window, and nothing wrong so far."""
        self.page.unroute_all()
        self.look()
        self.problems.clear()

    # --- noticing

    def _note(self, problem: str) -> None:
        if not any(one.search(problem) for one in self._expected):
            self.problems.append(problem)

    def _said(self, message: ConsoleMessage) -> None:
        # The login is Cognito's own page; refused requests are told by their answers.
        ours = message.location.get("url", "").startswith(self.url) or message.text.startswith("policy:")
        if message.type == "error" and ours and not message.text.startswith("Failed to load resource"):
            self._note(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.url.startswith(self.url):
            self._note(f"{response.status}: {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        # Whoever leaves a page takes back what it asked for.
        if request.url.startswith(self.url) and request.failure != "net::ERR_ABORTED":
            self._note(f"failed: {request.method} {request.url} {request.failure}")
