"""D65: what opening the dashboard costs, told by the browser itself.

    python -m tests.bench browser

The machine's own Chromium, signed in at a stack of its own (or the one that runs these very sources), over the
loopback: no distance, and functions of the emulator. So bytes, requests and ratios hold elsewhere, milliseconds do not.
Each opening is of a new window; `cold` ones have an empty cache, `warm` ones all files of the site.
"""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.bench.report import Bar, Outcome

ROOT = Path(__file__).resolve().parents[2]
FIRST_LOAD_KB = 350
# Charts are loaded after the page is shown, so the first paint does not wait for them.
CHARTS_RATIO = 1.2
CHARTS, PEER = "overview", "interactions"
ROUNDS = 7
# Before anything else runs in the page; long tasks are those above 50 ms.
WATCH = """
window.__tasks = []
new PerformanceObserver((list) => window.__tasks.push(...list.getEntries().map((one) => one.duration)))
  .observe({ type: 'longtask', buffered: true })
"""
FIGURES = """async () => {
  const navigation = performance.getEntriesByType('navigation')[0]
  const files = performance.getEntriesByType('resource')
  const largest = await new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
      .observe({ type: 'largest-contentful-paint', buffered: true })
    setTimeout(() => resolve(0), 500)
  })
  return {
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    largest,
    ready: navigation.domContentLoadedEventEnd,
    complete: window.__complete,
    site: navigation.transferSize + files.filter((one) => !one.name.includes('/v1/')).map((one) => one.transferSize)
      .reduce((sum, one) => sum + one, 0),
    answers: files.filter((one) => one.name.includes('/v1/')).reduce((sum, one) => sum + one.transferSize, 0),
    requests: 1 + files.length,
    tasks: window.__tasks.length,
    longest: Math.max(0, ...window.__tasks),
  }
}"""


@dataclass(frozen=True)
class Opening:
    """One opening of a page: milliseconds from its start, bytes as transferred."""

    paint: float
    largest: float
    ready: float
    complete: float
    site: float
    answers: float
    requests: float
    tasks: float
    longest: float


def bench(tiny: bool) -> Outcome:
    """Open two pages in turns, cold and warm."""
    from tools.window import MISSING, chromium, launched

    outcome = Outcome("browser", "opening the dashboard (D65)")
    if chromium() is None:
        outcome.notes.append(f"NOT RUN: {MISSING}")
        return outcome
    rounds = 1 if tiny else ROUNDS
    seen: dict[tuple[str, str], list[Opening]] = {}
    with place() as (url, login, query), launched() as browser:
        for number in range(rounds):
            for page in (CHARTS, PEER) if number % 2 == 0 else (PEER, CHARTS):
                for cache, found in opened(browser, url, login, page, query).items():
                    seen.setdefault((page, cache), []).append(found)
    for (page, cache), openings in sorted(seen.items()):
        outcome.line(f"{page}, {cache}", _said(_median(openings)))
    cold = _median(seen[PEER, "cold"])
    charts = [a.paint / b.paint for a, b in zip(seen[CHARTS, "warm"], seen[PEER, "warm"], strict=True)]
    outcome.bars += [
        Bar(f"first load without charts ({PEER})", cold.site / 1000, FIRST_LOAD_KB, "kB"),
        Bar(f"first paint with charts ({CHARTS}) against without ({PEER})", statistics.median(charts), CHARTS_RATIO),
    ]
    outcome.notes.append("paint, complete: milliseconds on this machine; the stack's functions run beside the browser")
    outcome.figures = {
        f"{page}_{cache}_{name}": value
        for (page, cache), all_of in seen.items()
        for name, value in vars(_median(all_of)).items()
    }
    return outcome


def opened(browser: Any, url: str, login: Any, page: str, query: dict[str, str]) -> dict[str, Opening]:
    """The same page in a new window: with an empty cache, then with a full one."""
    from tools.window import SETTLED, Window

    context = browser.new_context(locale="en-US")
    window = Window(context, url, login)
    window.look()
    window.page.add_init_script(WATCH)
    window.open(page, **query)
    found = {}
    for cache in ("cold", "warm"):
        if cache == "cold":
            context.new_cdp_session(window.page).send("Network.clearBrowserCache")
        window.page.reload()
        window.page.wait_for_function(
            f"() => {{ if (!({SETTLED})()) return false\n  window.__complete ??= performance.now(); return true }}"
        )
        # Charts may still draw.
        window.page.wait_for_load_state("networkidle")
        found[cache] = Opening(**window.page.evaluate(FIGURES))
    context.close()
    return found


@contextmanager
def place() -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Address, owner and dates of a workspace with some days of calls; a stack that was started for it is stopped."""
    from tools import admin
    from tools.simulator import deliver, people, render, seeding
    from tools.simulator.history import history, month
    from tools.simulator.observe import Observer, point_at_stack, wait_for
    from tools.simulator.truth import truth
    from tools.stack import deploy, server, state
    from tools.window import Login

    ran_before = server.running() is not None
    if not deploy.is_current():
        _stack("up")
    before = dict(os.environ)
    try:
        description = state.describe()
        point_at_stack(os.environ, description["region"])
        days = month(date(2026, 11, 3), 4)
        story = history(people.company(31), 31, days, 0.5)
        site, workspace = admin.open_site(description["stack_name"]), f"bench-{secrets.token_hex(4)}"
        seeded = seeding.seed(site, workspace, "Bench", story.company, seeding.new_keys)
        observer = Observer(state.outputs(), description["api_url"], Path(description["mail_dir"]))
        notices = render.notices(story)
        deliver.deliver(deliver.plan(notices, deliver.NONE, seed=1), seeded.endpoints, concurrency=4)
        parts = truth(story).parts
        wait_for("the fold", lambda: observer.folded(workspace, parts).events >= len(notices) or None, poll_s=0.5)
        observer.roll_up(workspace)
        owner = seeded.login("olivia")
        dates = {"from": days[0].isoformat(), "to": days[-1].isoformat()}
        yield description["api_url"], Login(owner.email, owner.password), dates
    finally:
        os.environ.clear()
        os.environ.update(before)
        if not ran_before:
            _stack("down")


def _stack(command: str) -> None:
    subprocess.run([sys.executable, "-m", "tools.stack", command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def _median(openings: list[Opening]) -> Opening:
    names = vars(openings[0])
    return Opening(**{name: statistics.median(vars(one)[name] for one in openings) for name in names})


def _said(one: Opening) -> str:
    return (
        f"first paint {one.paint:.0f} ms, largest {one.largest:.0f}, DOM ready {one.ready:.0f}, complete"
        f" {one.complete:.0f}; site {one.site / 1000:.0f} kB, answers {one.answers / 1000:.0f} kB in"
        f" {one.requests:.0f} requests; {one.tasks:.0f} long tasks, longest {one.longest:.0f} ms"
    )
