"""What is on a mail, whatever the mail, and its two forms: HTML and plain text."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ringlake.model.language import Language

if TYPE_CHECKING:
    import jinja2

type Fact = tuple[str, str]
_BLANK_LINES = re.compile(r"\n{3,}")


class Tile(NamedTuple):
    """One headline number, and a line under it."""

    label: str
    value: str
    under: str = ""


class Link(NamedTuple):
    label: str
    url: str


class Section(NamedTuple):
    """A part under a heading of its own ("" for none)."""

    heading: str
    facts: list[Fact]
    tone: str = "plain"


class Sheet(NamedTuple):
    """`tone` is the colour of the line at the top: plain, warn or good. `why` says how somebody came to get this."""

    language: Language
    company: str
    title: str
    why: str
    automatic: str
    tone: str = "plain"
    intro: tuple[str, ...] = ()
    tiles: tuple[Tile, ...] = ()
    button: Link | None = None
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()
    leave: Link | None = None
    leave_text: str = ""


@cache
def _templates() -> jinja2.Environment:
    from importlib.resources import files

    import jinja2

    folder = files(__package__).joinpath("templates")

    def source(name: str) -> str | None:
        found = folder.joinpath(name)
        return found.read_text(encoding="utf-8") if found.is_file() else None

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(source),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def rendered(template: str, **values: object) -> str:
    return _templates().get_template(template).render(**values)


def html(sheet: Sheet) -> str:
    return rendered("mail.html", **sheet._asdict())


def text(sheet: Sheet) -> str:
    return _BLANK_LINES.sub("\n\n", rendered("mail.txt", **sheet._asdict())).strip() + "\n"
