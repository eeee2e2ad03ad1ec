"""Numbers split by the destinations of the workspace's tariffs: the longest prefix that fits (features.md N9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringlake.errors import Forbidden
from ringlake.model.arrow import Column, kernels
from ringlake.model.directory import Ability, Directory
from ringlake.model.tables import CALLS, MESSAGES

from .dimensions import INTERACTIONS, By, Dimension, dimension
from .question import Question


def split_by(by: By, question: Question, directory: Directory) -> Dimension:
    """Any dimension; raises `InvalidRequest` and `Forbidden`."""
    if by is By.PREFIX:
        return by_prefix(directory, question.query.scope.hides)
    return dimension(by, question.filter, question.query.zone, directory)


def by_prefix(directory: Directory, hides: Sequence[Ability]) -> Dimension:
    """Keys are prefixes of E.164 with their plus; numbers that no rate names are in the part without a key.

    Raises `Forbidden` for who may not see customers' numbers: a prefix is a part of one.
    """
    if Ability.SEE_NUMBERS in hides:
        raise Forbidden("to split by prefix needs the ability see_numbers")
    rates = {rate.prefix: rate.name for t in directory.tariffs if t.deleted_at is None for rate in t.rates}
    names = {f"+{prefix}": name or f"+{prefix}" for prefix, name in rates.items() if prefix}
    return Dimension(
        id="prefix",
        columns=dict.fromkeys((CALLS.name, MESSAGES.name, INTERACTIONS), "remote_number"),
        drill=lambda _: None,
        derive=lambda _, rows: _longest(rows["remote_number"], list(names)),
        nobody="Other destinations",
        names=names,
    )


def _longest(numbers: Any, prefixes: Sequence[str]) -> Column:
    """Each distinct number once."""
    import pyarrow as pa

    pc = kernels()
    if not pa.types.is_dictionary(numbers.type):
        numbers = numbers.dictionary_encode()
    joined: Any = numbers.unify_dictionaries().combine_chunks()
    whole: Any = joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined
    words = whole.dictionary.cast(pa.string())
    places: Column = pa.repeat(pa.scalar(0, pa.int32()), len(words))
    # The shortest first, so that the longest that fits is written last.
    ordered = sorted(prefixes, key=len)
    for place, prefix in enumerate(ordered, start=1):
        places = pc.if_else(pc.starts_with(words, prefix), pa.scalar(place, pa.int32()), places)
    return pa.DictionaryArray.from_arrays(pc.take(places, whole.indices), pa.array(["", *ordered]))
