"""The README's pictures: every page of the running demo, light, dark and on a phone: `make screenshots`.

    python -m tools.screenshots                    all pages of the stack that `make demo` left running
    python -m tools.screenshots live missed        only these
    python -m tools.screenshots --url URL          another address, for example that of `npm run dev`

For the live board a few calls of the simulated company begin now and end when the pictures are made; the demo's memory
knows of them, so that its next run counts them too.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Browser, Error
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from tools.demo.memory import MEMORY, SEED, Memory
from tools.simulator import deliver, present, render, stage
from tools.simulator.observe import point_at_stack
from tools.stack import state
from tools.stack.server import StackError
from tools.window import DESK, PHONE, Login, Window, launched

FOLDER = state.ROOT / "docs" / "screenshots"
# The live board first: its calls are over soon.
PAGES = (
    "live",
    "overview",
    "team",
    "numbers",
    "missed",
    "contacts",
    "interactions",
    "customers",
    "quotes",
    "spend",
    "exports",
    "settings",
)
# Name of the variant, window, and whether it is dark.
VARIANTS = (("light", DESK, False), ("dark", DESK, True), ("phone", PHONE, False))
# Of WebP, as Chromium writes it: letters stay sharp and a page takes some 50 kB.
QUALITY = 72
# Charts draw themselves in one breath; a transition that has not ended would be half a picture.
BREATH_MS = 500
# The instants that are tried for the scene of the live board, in seconds before now.
LOOKED_AT_S = range(20, 80)
console = Console()
app = typer.Typer(add_completion=False)


def shoot(window: Window, page: str, variant: str, folder: Path) -> int:
    """One picture; returns its size in bytes."""
    _, size, dark = next(one for one in VARIANTS if one[0] == variant)
    window.look(size, dark=dark)
    window.open(page)
    window.page.evaluate("() => document.fonts.ready.then(() => true)")
    window.page.wait_for_timeout(BREATH_MS)
    window.settled()
    asked = {"format": "webp", "quality": QUALITY, "optimizeForSpeed": False}
    made = window.context.new_cdp_session(window.page).send("Page.captureScreenshot", asked)
    body = base64.b64decode(made["data"])
    (folder / f"{page}-{variant}.webp").write_bytes(body)
    return len(body)


@contextmanager
def calls_on_the_board() -> Iterator[None]:
    """A few calls that last while the pictures are made; without the demo's memory the board stays as it is."""
    known = state.read(MEMORY)
    if not known:
        console.print("[yellow]No demo has run on this stack: the live board shows what there is.[/yellow]")
        yield
        return
    memory = Memory(**known)
    place = stage.kept(memory.main)
    scene = _soon_over(memory)

    def tell(notices: list[render.Notice]) -> None:
        deliver.deliver(deliver.plan(notices, deliver.NONE, SEED), place.plan, concurrency=4)

    memory.scenes.append(scene.at.isoformat())
    memory.hung_up = False
    memory.save()
    tell(scene.told)
    try:
        yield
    finally:
        last = max((notice.at for notice in scene.rest), default=scene.at)
        while (left := (last - datetime.now(UTC)).total_seconds()) > 0:
            console.print(f"[dim]the calls on the board end in {left:.0f} s[/dim]")
            time.sleep(min(left, 15))
        tell(scene.rest)
        memory.hung_up = True
        memory.save()


def _soon_over(memory: Memory) -> present.Scene:
    """Of the scenes of the last minute the one that is over first: nothing is told before it happens."""
    now = datetime.now(UTC).replace(microsecond=0)
    scenes = [present.scene(memory.company, SEED, now - timedelta(seconds=ago)) for ago in LOOKED_AT_S]
    full = max(scene.header["total"] for scene in scenes)
    soon = [s for s in scenes if s.header["total"] == full]
    return min(soon, key=lambda s: max((n.at for n in s.rest), default=s.at))


def pictures(browser: Browser, url: str, login: Login, pages: list[str], folder: Path) -> int:
    """All pictures of these pages; returns the bytes of all."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    total = 0
    context = browser.new_context(locale="en-US", device_scale_factor=1)
    window = Window(context, url, login)
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("signing in", total=len(pages) * len(VARIANTS))
        window.open("")
        for page in pages:
            for variant, _, _ in VARIANTS:
                progress.update(task, description=f"{page}, {variant}")
                total += shoot(window, page, variant, folder)
                progress.advance(task)
    context.close()
    return total


@app.command()
def main(
    pages: Annotated[list[str] | None, typer.Argument(help="pages, all when none is named")] = None,
    url: Annotated[str, typer.Option(help="where the dashboard stands; the running stack's own when empty")] = "",
    folder: Annotated[Path, typer.Option(help="where the pictures go")] = FOLDER,
) -> None:
    """Take the README's pictures."""
    began = time.monotonic()
    wanted = pages or list(PAGES)
    if unknown := [page for page in wanted if page not in PAGES]:
        raise typer.BadParameter(f"no page is called {', '.join(unknown)}; there are {', '.join(PAGES)}")
    try:
        description = state.describe()
        point_at_stack(os.environ, description["region"])
        owner = next(user for user in description["users"] if user["role"] == "owner")
        folder.mkdir(parents=True, exist_ok=True)
        with launched() as browser, calls_on_the_board():
            login = Login(owner["email"], owner["password"])
            total = pictures(browser, url or description["api_url"], login, wanted, folder)
    except StopIteration:
        console.print("[red]The stack has no owner to sign in as: run `make demo` first.[/red]")
        raise typer.Exit(1) from None
    except (RuntimeError, StackError, Error) as error:
        console.print(Text(f"No pictures: {error}", style="red"))
        raise typer.Exit(1) from error
    count = len(wanted) * len(VARIANTS)
    took = time.monotonic() - began
    console.print(f"{count} pictures, {total / 1e6:.1f} MB, in {folder}, {took:.0f} s")


if __name__ == "__main__":
    app()
