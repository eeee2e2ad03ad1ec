"""Which S3 objects Athena reads for a Glue table: partition projection.

Pure: takes Glue's description of the table and the keys of the bucket. Rules:
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlparse

# Java date pattern -> (regular expression, strptime directive)
_DATE_PARTS = {
    "yyyy": (r"\d{4}", "%Y"),
    "MM": (r"\d{2}", "%m"),
    "dd": (r"\d{2}", "%d"),
    "HH": (r"\d{2}", "%H"),
    "mm": (r"\d{2}", "%M"),
    "ss": (r"\d{2}", "%S"),
}
_DATE_TOKEN = re.compile("|".join(_DATE_PARTS) + "|'[^']*'|.")
_NOW = re.compile(r"NOW\s*(?:([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?$", re.IGNORECASE)
_SECONDS = {"WEEK": 604_800, "DAY": 86_400, "HOUR": 3_600, "MINUTE": 60, "SECOND": 1}


class ProjectionError(ValueError):
    """The table's projection settings are wrong; Athena fails such a query too."""


@dataclass(frozen=True)
class Column:
    """A projected partition column: what its value looks like in a path, and which values exist."""

    name: str
    pattern: str
    exists: Callable[[str], bool]


@dataclass(frozen=True)
class Partitioned:
    """An object to read, and the partition values its path carries."""

    key: str
    values: Mapping[str, str]


def is_projected(table: Mapping[str, Any]) -> bool:
    """Whether Athena computes this table's partitions instead of looking them up."""
    return str(_parameters(table).get("projection.enabled", "")).strip().lower() == "true"


def injected_columns(table: Mapping[str, Any]) -> list[str]:
    """Partition columns whose values must come from the query's WHERE clause."""
    if not is_projected(table):
        return []
    names = [str(key["Name"]).lower() for key in table.get("PartitionKeys") or []]
    return [name for name in names if _setting(table, name, "type").lower() == "injected"]


def select(
    table: Mapping[str, Any], keys: Iterable[str], injected: Mapping[str, Collection[str]], now: dt.datetime
) -> list[Partitioned]:
    """The objects of the table's bucket that Athena would read.

    `injected` holds the values the query gives for each injected column.
    """
    names = [str(key["Name"]).lower() for key in table.get("PartitionKeys") or []]
    if is_projected(table):
        columns = [_column(table, name, injected, now) for name in names]
    else:
        # Registered partitions are not looked up: whatever lies in the default layout counts.
        columns = [Column(name, r"[^/]+", lambda _value: True) for name in names]
    location = _location(table, names)
    path = re.compile(_path_pattern(location, columns))
    chosen = []
    for key in sorted(keys):
        found = path.match(key)
        if found is None or _hidden(key[found.end() :]) or key.endswith("/"):
            continue
        values = {column.name: found.group(f"c{number}") for number, column in enumerate(columns)}
        if all(column.exists(values[column.name]) for column in columns):
            chosen.append(Partitioned(key, values))
    return chosen


def _location(table: Mapping[str, Any], names: Sequence[str]) -> str:
    template = str(_parameters(table).get("storage.location.template", "")).strip() if is_projected(table) else ""
    if not template:
        root = str((table.get("StorageDescriptor") or {})["Location"])
        template = root.rstrip("/") + "".join(f"/{name}=${{{name}}}" for name in names)
    return urlparse(template, allow_fragments=False).path.lstrip("/")


def _path_pattern(location: str, columns: Sequence[Column]) -> str:
    """The template as a pattern with one group per column; a column may stand in it twice."""
    numbers = {column.name: number for number, column in enumerate(columns)}
    seen: set[str] = set()
    parts = []
    for text, name in re.findall(r"([^$]*)(?:\$\{([^}]+)\})?", location):
        parts.append(re.escape(text))
        if not name:
            continue
        if (lower := name.lower()) not in numbers:
            raise ProjectionError(f"storage.location.template names {name}, which is no partition column")
        number = numbers[lower]
        parts.append(f"(?P=c{number})" if lower in seen else f"(?P<c{number}>{columns[number].pattern})")
        seen.add(lower)
    if missing := set(numbers) - seen:
        raise ProjectionError(f"storage.location.template lacks {', '.join(sorted(missing))}")
    return "".join(parts).rstrip("/") + ("/" if location.strip("/") else "")


def _hidden(relative_key: str) -> bool:
    # Trino's Hive reader skips files and folders whose name starts with "_" or ".".
    return any(part.startswith(("_", ".")) for part in relative_key.split("/"))


def _column(table: Mapping[str, Any], name: str, injected: Mapping[str, Collection[str]], now: dt.datetime) -> Column:
    kind = _setting(table, name, "type").lower()
    if kind == "injected":
        values = frozenset(injected[name])
        return Column(name, r"[^/]+", values.__contains__)
    if kind == "enum":
        allowed = frozenset(_required(table, name, "values").split(","))
        return Column(name, "|".join(re.escape(value) for value in sorted(allowed)), allowed.__contains__)
    if kind == "integer":
        return _integer(table, name)
    if kind == "date":
        return _date(table, name, now)
    raise ProjectionError(f"projection.{name}.type is {kind or 'missing'}")


def _integer(table: Mapping[str, Any], name: str) -> Column:
    low, high = (int(bound) for bound in _required(table, name, "range").split(","))
    digits, step = int(_setting(table, name, "digits") or 0), int(_setting(table, name, "interval") or 1)

    def exists(value: str) -> bool:
        number = int(value)
        in_steps = low <= number <= high and (number - low) % step == 0
        return in_steps and value == (f"{number:0{digits}d}" if digits else str(number))

    return Column(name, r"-?\d+", exists)


def _date(table: Mapping[str, Any], name: str, now: dt.datetime) -> Column:
    pattern, directive = _java_date(_required(table, name, "format"))
    low, high = (_bound(text.strip(), directive, now) for text in _required(table, name, "range").split(","))

    def exists(value: str) -> bool:
        try:
            moment = _moment(value, directive)
        except ValueError:
            return False
        return low <= moment <= high

    return Column(name, pattern, exists)


def _java_date(pattern: str) -> tuple[str, str]:
    expressions, directives = [], []
    for token in _DATE_TOKEN.findall(pattern):
        if token in _DATE_PARTS:
            expression, directive = _DATE_PARTS[token]
        elif token.isalpha():
            raise ProjectionError(f"date format {pattern}: {token} is not supported here")
        else:
            literal = token[1:-1] if token.startswith("'") else token
            expression, directive = re.escape(literal), literal.replace("%", "%%")
        expressions.append(expression)
        directives.append(directive)
    return "".join(expressions), "".join(directives)


def _bound(text: str, directive: str, now: dt.datetime) -> dt.datetime:
    """One end of a date range; NOW arithmetic is in UTC, at the time of the query."""
    found = _NOW.match(text)
    if found is None:
        return _moment(text, directive)
    # Cut to what the format shows: a range from NOW-3DAYS has all of its first day.
    return _moment(_shifted(now.astimezone(dt.UTC), *found.groups()).strftime(directive), directive)


def _shifted(moment: dt.datetime, sign: str | None, count: str | None, unit: str | None) -> dt.datetime:
    if sign is None or count is None or unit is None:
        return moment
    amount, unit = int(count) * (1 if sign == "+" else -1), unit.upper()
    if unit in _SECONDS:
        return moment + dt.timedelta(seconds=amount * _SECONDS[unit])
    months = moment.year * 12 + moment.month - 1 + amount * (12 if unit == "YEAR" else 1)
    year, month = divmod(months, 12)
    # The 31st of a shorter month is its last day, as in Java.
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def _moment(text: str, directive: str) -> dt.datetime:
    return dt.datetime.strptime(text, directive).replace(tzinfo=dt.UTC)


def _parameters(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return table.get("Parameters") or {}


def _setting(table: Mapping[str, Any], name: str, key: str) -> str:
    wanted = f"projection.{name}.{key}".lower()
    found = (value for parameter, value in _parameters(table).items() if parameter.lower() == wanted)
    return str(next(found, "")).strip()


def _required(table: Mapping[str, Any], name: str, key: str) -> str:
    value = _setting(table, name, key)
    if not value:
        raise ProjectionError(f"projection.{name}.{key} is missing")
    return value
