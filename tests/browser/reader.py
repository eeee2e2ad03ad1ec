"""Somebody at the dashboard: a page of the browser that notices what goes wrong in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

from tools.window import DESK, PATIENCE_MS, PHONE, Login, Window

__all__ = ["DESK", "PATIENCE_MS", "PHONE", "Reader"]

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "functions" / "dashboard" / "site" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")

# The browser tells nobody but the page when its policy forbids something.
REPORT_POLICY = """
addEventListener('securitypolicyviolation', (event) => {
  console.error(`policy: ${event.effectiveDirective} forbids ${event.blockedURI || 'inline'} in ${event.sourceFile}`)
})
"""
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


class Reader(Window):
    """A person's tab. Console errors, refused requests and breaches of the policy are collected in `problems`."""

    def __init__(self, context: BrowserContext, url: str, login: Login | None) -> None:
        super().__init__(context, url, login)
        self.problems: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        self.page.add_init_script(REPORT_POLICY)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self._note(f"error: {error}"))
        self.page.on("response", self._answered)
        self.page.on("requestfailed", self._failed)

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
        place = message.location.get("url", "")
        ours = not place or place.startswith(self.url) or message.text.startswith("policy:")
        if message.type == "error" and ours and not message.text.startswith("Failed to load resource"):
            self._note(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.url.startswith(self.url):
            self._note(f"{response.status}: {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        # Whoever leaves a page takes back what it asked for.
        if request.url.startswith(self.url) and request.failure != "net::ERR_ABORTED":
            self._note(f"failed: {request.method} {request.url} {request.failure}")
