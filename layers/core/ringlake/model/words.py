"""What was said or written: the text of a transcript, a summary or a message (features.md N12, N29, F49).

It is content and stays in the raw event (security.md 8); it is read from there each time somebody with the
right to it asks, and is never folded, indexed or written anywhere else.
"""

from __future__ import annotations

from enum import StrEnum

from .base import Model

# The longest text that is told: an answer of the API holds some megabytes.
_LONGEST = 1_000_000


class WordsKind(StrEnum):
    TRANSCRIPT = "transcript"
    SUMMARY = "summary"
    MESSAGE = "message"


class Speaker(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"


class Line(Model, frozen=True, kw_only=True):
    """What one side said at once. `account` is the provider's id of our person, `at_s` seconds from the start of
    the call, None where the provider does not tell.
    """

    text: str
    speaker: Speaker | None = None
    account: str = ""
    at_s: float | None = None


class Words(Model, frozen=True, kw_only=True):
    """The text of one event. `url` is where the provider keeps it when the event only says that there is one.

    `running` is a piece of a text that came along with the call, to be put behind the pieces before.
    """

    kind: WordsKind
    lines: tuple[Line, ...] = ()
    url: str = ""
    running: bool = False


def words(kind: WordsKind, *texts: object, url: object = "") -> tuple[Words, ...]:
    """Words of texts without speakers; nothing when there is neither text nor address."""
    lines = tuple(Line(text=plain(text)) for text in texts if plain(text))
    address = url if isinstance(url, str) else ""
    return (Words(kind=kind, lines=lines, url=address),) if lines or address else ()


def plain(value: object) -> str:
    """A text as it was sent, "" for anything that is no text."""
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""


def second(value: object) -> float | None:
    """A time within a call in seconds; None for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1_000_000:
        return None
    return round(float(value), 3)
