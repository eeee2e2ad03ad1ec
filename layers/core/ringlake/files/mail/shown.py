"""How numbers, durations and moments look in a language; nothing that is shown can leave its line."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from ringlake.model.language import Language

from .types import Amount, Period, Unit
from .words import words

# Names that people gave; longer ones are cut.
_LONGEST = 200
# More values of a filter than this are counted.
_MOST_VALUES = 12
# They tell who was looked for (security.md 4: nothing about customers in mails).
_HIDDEN = frozenset({"remote", "source_number", "destination_number", "reference", "contact", "party", "record_ids"})
# Characters that break lines, are invisible, or turn the direction of what follows.
_UNSHOWN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
_KILO, _MINUTE, _HOUR = 1_000, 60, 3_600


def line(text: str, most: int = _LONGEST) -> str:
    """Somebody's text on one line: no control characters, no changes of direction, not too long."""
    plain = "".join(" " if unicodedata.category(c) in _UNSHOWN else c for c in text)
    plain = " ".join(plain.split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def local(at: datetime, zone: ZoneInfo) -> str:
    """Written in one way in all languages, with the zone that it is in (demands.md D6)."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def span(period: Period) -> str:
    return _day(period.first) if period.first == period.last else f"{_day(period.first)} \u2013 {_day(period.last)}"


def _day(day: date) -> str:
    return day.isoformat()


class Shown:
    """Values as a reader of one language sees them."""

    def __init__(self, language: Language) -> None:
        self._all = words(language)
        self._shape = self._all["shape"]

    def number(self, value: float | Decimal, places: int = 0) -> str:
        exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        whole, _, rest = f"{abs(exact):f}".partition(".")
        groups: list[str] = []
        while len(whole) > 3:
            whole, group = whole[:-3], whole[-3:]
            groups.insert(0, group)
        text = self._shape["group"].join([whole, *groups]) + (self._shape["decimal"] + rest if rest else "")
        return f"-{text}" if exact < 0 else text

    def amount(self, amount: Amount) -> str:
        value = amount.value
        if value is None:
            return self._shape["unknown"]
        if amount.unit is Unit.SECONDS:
            return self.duration(value)
        if amount.unit is Unit.SHARE:
            return self._shape["percent"].format(number=self.number(Decimal(str(value)) * 100, 1))
        if amount.unit is Unit.MONEY:
            return f"{self.number(value, 2)} {amount.currency}".strip()
        return self.number(value, 0 if value == int(value) else 1)

    def duration(self, seconds: float | Decimal) -> str:
        """Rounded to whole seconds, and to minutes from an hour on."""
        whole = int(Decimal(str(seconds)).quantize(Decimal(1), ROUND_HALF_UP))
        if whole < _MINUTE:
            return self._shape["seconds"].format(s=whole)
        if whole < _HOUR:
            rest = "minutes" if whole % _MINUTE else "minute"
            return self._shape[rest].format(m=whole // _MINUTE, s=whole % _MINUTE)
        minutes = (whole + _MINUTE // 2) // _MINUTE
        return self._shape["hours"].format(h=self.number(minutes // 60), m=minutes % 60)

    def size(self, size_bytes: int) -> str:
        unit = self._all["unit"]
        if size_bytes < _KILO:
            return f"{size_bytes} {unit['byte']}"
        if size_bytes < _KILO * _KILO:
            return f"{self.number(size_bytes / _KILO)} {unit['kilobyte']}"
        return f"{self.number(size_bytes / _KILO / _KILO, 1)} {unit['megabyte']}"

    def filter(self, filter: Mapping[str, object]) -> list[tuple[str, str]]:
        """A filter in words, ranges first. Who was looked for is said to be there and not shown."""
        names = self._all["filter"]
        order = {name: place for place, name in enumerate(names)}
        found = []
        for name in sorted(filter, key=lambda name: (order.get(name, len(order)), name)):
            value = filter[name]
            if value is None or value in ("", [], ()):
                continue
            label = names.get(name) or line(name.replace("_", " ").capitalize())
            found.append((label, self._shape["hidden"] if name in _HIDDEN else self._value(value)))
        return found

    def _value(self, value: object) -> str:
        if isinstance(value, bool):
            return self._shape["yes" if value else "no"]
        if isinstance(value, Sequence) and not isinstance(value, str):
            few = ", ".join(line(str(one)) or self._shape["unknown"] for one in value[:_MOST_VALUES])
            left = len(value) - _MOST_VALUES
            few = line(few, _LONGEST)
            return f"{few} {self._shape['more'].format(count=self.number(left))}" if left > 0 else few
        return line(str(value))
