"""Formulas of the dictionary, evaluated over Arrow tables: ungrouped, or for each group of one or more keys.

One pass over the rows whatever the number of metrics: the conditions' leaves are packed as bits beside the
group's keys into one integer, rows are counted and summed for each different integer, and the formulas are
worked out on those few combinations. A median needs the values themselves: they are counted by
group and value, which is exact and cheap, because waits and talks are whole seconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ringlake.model.arrow import Column, kernels
from ringlake.model.tables import FLAGS

from .catalog.conditions import CONVERTED, NOT_SPAM
from .catalog.metric import (
    All,
    AtMost,
    Charged,
    Condition,
    Count,
    Distinct,
    Either,
    Elapsed,
    Flag,
    Formula,
    Known,
    Loaded,
    Mean,
    Measure,
    Money,
    Most,
    Not,
    OneOf,
    Share,
    Total,
)

if TYPE_CHECKING:
    import pyarrow as pa

type Leaf = Flag | OneOf | AtMost | Known | Charged
type Word = str | int | date | None
type Key = tuple[Word, ...]

_CENTS = Decimal("0.0001")
_BITS = 30
_EPOCH = date(1970, 1, 1)
_LIMIT = 2**62
# Distinct combinations are counted by place: 64 MB of places at once, a few times over.
_PLACES = 2**24
_PASSES = 4


class Measured(NamedTuple):
    """One metric of one group. `value` is null where a rate has no denominator, a mean no value, money no charge.

    `n` is the number of rows behind it; median and p90 (nearest rank) stand beside means. Of money `whole` is how many
    rows there are, `known` how many of them have a known charge, and `converted` how many of these were in another
    currency.
    """

    value: int | float | Decimal | None
    n: int
    numerator: int | float | Decimal | None = None
    denominator: int | None = None
    median: float | None = None
    p90: float | None = None
    whole: int | None = None
    known: int | None = None
    converted: int | None = None


class Terms(NamedTuple):
    """What formulas depend on beside the rows: the workspace's currency, whether spam counts, and what an hour of
    a person costs.
    """

    currency: str = ""
    include_spam: bool = False
    hourly_rate: Decimal | None = None


PLAIN = Terms()


class Spread(NamedTuple):
    """n values with their sum, median (of the two middle ones their mean) and p90 (nearest rank)."""

    n: int
    total: int
    median: float | None
    p90: float | None


def columns_of(formulas: Iterable[Formula], flags: Collection[str] = ()) -> set[str]:
    """The columns of the rows that these formulas need; `flags` come packed into one, `FLAGS`."""
    found: set[str] = set()
    for formula in formulas:
        for condition in _conditions(formula):
            for leaf in _leaves(condition):
                found |= _charge_columns(leaf) if isinstance(leaf, Charged) else {leaf.column}
        match formula:
            case Total(of=of) | Mean(of=of) | Most(of=of):
                found |= {of} if isinstance(of, str) else {of.start, of.end}
            case Distinct(of=columns):
                found |= set(columns)
            case Money(per_minute_of=minutes):
                found |= {minutes} if minutes else set()
            case Loaded(seconds=seconds):
                found.add(seconds)
    packed = found.intersection(flags)
    return (found - packed) | {FLAGS} if packed else found


def _charge_columns(leaf: Charged) -> set[str]:
    return {"home_amount", "home_currency", *(("cost_amount",) if leaf.other else ())}


def measure(
    rows: pa.Table, formulas: Sequence[Formula], by: Sequence[str] = (), terms: Terms = PLAIN, flags: Sequence[str] = ()
) -> dict[Key, list[Measured]]:
    """Each group's keys with one result per formula, in their order; without `by` one group, `()`.

    Groups without rows are not there. Text columns may be dictionaries; keys are text, whole numbers or dates; an
    unknown text is "". `flags` are the columns that the column `FLAGS` holds, by their bits.
    """
    return _Rows(rows, by, terms, flags).measured(formulas)


def matching(
    rows: pa.Table, condition: Condition, columns: Sequence[str], terms: Terms = PLAIN, flags: Sequence[str] = ()
) -> pa.Table:
    """These columns of the rows for which a condition holds."""
    kept = _Rows(rows, (), terms, flags).mask(condition)
    shown = rows.select(list(columns))
    return shown if kernels().all(kept).as_py() else shown.filter(kept)


def added(formula: Formula, parts: Sequence[Measured]) -> Measured:
    """The result over all rows from those over parts of them; not of means and distinct counts, which have none.

    Raises `TypeError` for those.
    """
    match formula:
        case Count() | Total():
            return Measured(sum(_int(part.value) for part in parts), sum(part.n for part in parts))
        case Share():
            above, below = sum(_int(part.numerator) for part in parts), sum(part.n for part in parts)
            return Measured(above / below if below else None, below, above, below)
        case Money(per=None, per_minute_of=""):
            known = [Decimal(part.value) for part in parts if part.value is not None]
            return Measured(
                sum(known, Decimal(0)) if known else None,
                sum(part.n for part in parts),
                whole=sum(part.whole or 0 for part in parts),
                known=sum(part.known or 0 for part in parts),
                converted=sum(part.converted or 0 for part in parts),
            )
        case _:
            raise TypeError(type(formula).__name__)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def spread(values: Column) -> Spread:
    """Of one column of whole numbers; nulls are no values."""
    import pyarrow as pa

    found = _Rows(pa.table({"v": values}), (), PLAIN).spreads("v", None)
    return found.get(0, Spread(0, 0, None, None))


class _Rows:
    """The rows of one evaluation, with what has been computed of them so far."""

    def __init__(self, rows: pa.Table, by: Sequence[str], terms: Terms, flags: Sequence[str] = ()) -> None:
        self._rows = rows
        self._flags = {name: 1 << place for place, name in enumerate(flags)}
        self._terms = terms
        self._columns: dict[str, Column] = {}
        self._masks: dict[Leaf, Column] = {}
        self._keys = [_coded(self.column(name)) for name in by]
        self._key, self._size = self._packed()

    def column(self, name: str) -> Column:
        """One array; dictionaries with one dictionary."""
        if name not in self._columns:
            import pyarrow as pa

            column: Column = self._rows[name]
            if pa.types.is_dictionary(column.type) and column.num_chunks > 1:
                column = column.unify_dictionaries()
            joined = column.combine_chunks()
            self._columns[name] = joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined
        return self._columns[name]

    def _packed(self) -> tuple[Column, int]:
        """One integer for each combination of keys, and how many there may be."""
        import pyarrow as pa

        pc = kernels()
        if not self._keys:
            return pa.repeat(pa.scalar(0, pa.int64()), len(self._rows)), 1
        key, size = pc.cast(self._keys[0].codes, pa.int64()), self._keys[0].size
        for coded in self._keys[1:]:
            key = pc.add(pc.multiply(key, pa.scalar(coded.size, pa.int64())), pc.cast(coded.codes, pa.int64()))
            size *= coded.size
        return key, size

    def keys(self, code: int) -> Key:
        found: list[Word] = []
        for coded in reversed(self._keys):
            code, own = divmod(code, coded.size)
            found.append(coded.value(own))
        return tuple(reversed(found))

    # ------------------------------------------------------------------ one pass

    def measured(self, formulas: Sequence[Formula]) -> dict[Key, list[Measured]]:
        leaves = list(dict.fromkeys(leaf for f in formulas for c in _conditions(f) for leaf in self._leaves_of(c)))
        sums = list(dict.fromkeys(of for f in formulas for of in _summed(f)))
        most = list(dict.fromkeys(f.of for f in formulas if isinstance(f, Most)))
        combinations = _Combinations(self, leaves, sums, most)
        results = [self._results(formula, combinations) for formula in formulas]
        empty = [nothing(formula) for formula in formulas]
        if not self._keys:
            return {(): [of.get(0, none) for of, none in zip(results, empty, strict=True)]}
        return {
            self.keys(code): [of.get(code, none) for of, none in zip(results, empty, strict=True)]
            for code in combinations.groups
        }

    def _leaves_of(self, condition: Condition) -> Iterator[Leaf]:
        yield from _leaves(self.told(condition))

    def told(self, condition: Condition) -> Condition:
        """The condition with spam counted like everything else where that is asked for (features.md O6)."""
        return _with_spam(condition) if self._terms.include_spam else condition

    def _results(self, formula: Formula, found: _Combinations) -> Mapping[int, Measured]:
        match formula:
            case Count(of=of):
                return {code: Measured(n, n) for code, n in found.counts(of).items()}
            case Share(part=part, whole=whole):
                parts = found.counts(All(of=(part, whole)))
                wholes = found.counts(whole)
                return {code: Measured(parts.get(code, 0) / n, n, parts.get(code, 0), n) for code, n in wholes.items()}
            case Total(of=of, where=where):
                counts = found.counts(where)
                return {code: Measured(int(s), counts.get(code, 0)) for code, s in found.sums(of, where).items()}
            case Mean(of=of, where=where, middle=middle):
                return {c: _mean(s, of, middle=middle) for c, s in self.spreads(of, where).items()}
            case Most(of=of, where=where):
                counts = found.counts(where)
                return {code: Measured(value, counts[code]) for code, value in found.most(of, where).items()}
            case Distinct(of=of, where=where):
                return {code: Measured(n, n) for code, n in self._distinct(of, where).items()}
            case Money():
                return self._money(formula, found)
            case Loaded():
                return self._loaded(formula, found)

    def _money(self, formula: Money, found: _Combinations) -> dict[int, Measured]:
        charged = All(of=(formula.where, Charged()))
        counts = found.counts(charged)
        known = _Known(found.counts(formula.where), found.counts(charged), found.counts(All(of=(charged, CONVERTED))))
        spent = {code: amount for code, amount in found.sums("home_amount", charged).items() if counts.get(code)}
        result = {code: known.beside(code, Measured(None, 0)) for code in known.whole}
        if formula.per is not None:
            per = found.counts(All(of=(formula.per, Charged())))
        elif formula.per_minute_of:
            per = {code: int(s) for code, s in found.sums(formula.per_minute_of, charged).items()}
        else:
            told = {code: known.beside(code, Measured(Decimal(amount), counts[code])) for code, amount in spent.items()}
            return result | told
        seconds = 60 if formula.per_minute_of else 1
        for code, amount in spent.items():
            below = per.get(code, 0)
            value = (Decimal(amount) * seconds / below).quantize(_CENTS, ROUND_HALF_UP) if below else None
            result[code] = known.beside(code, Measured(value, counts[code], Decimal(amount), below))
        return result

    def _loaded(self, formula: Loaded, found: _Combinations) -> dict[int, Measured]:
        rate = self._terms.hourly_rate
        if rate is None:
            return {}
        charged = All(of=(formula.where, Charged()))
        handled = found.counts(All(of=(formula.per, Charged())))
        seconds = found.sums(formula.seconds, charged)
        known = _Known(found.counts(formula.where), found.counts(charged), found.counts(All(of=(charged, CONVERTED))))
        result = {code: known.beside(code, Measured(None, 0)) for code in known.whole}
        for code, amount in found.sums("home_amount", charged).items():
            whole, n = Decimal(amount) + rate * int(seconds.get(code, 0)) / 3600, handled.get(code, 0)
            value = (whole / n).quantize(_CENTS, ROUND_HALF_UP) if n else None
            result[code] = known.beside(code, Measured(value, n, whole.quantize(_CENTS, ROUND_HALF_UP), n))
        return result

    # ------------------------------------------------------------------ values and rows

    def spreads(self, of: Measure, where: Condition | None) -> dict[int, Spread]:
        """Of each group, the values of the rows for which the condition holds."""
        import pyarrow as pa

        pc = kernels()
        values = self.values(of)
        kept = pc.is_valid(values)
        if where is not None:
            kept = pc.and_(kept, self.mask(where))
        values = pc.cast(values.filter(kept), pa.int64())
        if not len(values):
            return {}
        bounds = pc.min_max(values)
        least, width = bounds["min"].as_py(), bounds["max"].as_py() - bounds["min"].as_py() + 1
        packed = pc.subtract(values, pa.scalar(least, pa.int64()))
        totals: Iterable[tuple[int, Any]] = [(0, pc.sum(values).as_py())]
        if self._keys:
            key = self._key.filter(kept)
            packed = pc.add(pc.multiply(key, pa.scalar(width, pa.int64())), packed)
            totals = _grouped(pa.table({"g": key, "v": values}), "sum")
        counted = pc.value_counts(packed)
        order = pc.sort_indices(counted.field(0))
        codes, counts = counted.field(0).take(order), counted.field(1).take(order)
        whole = _Sorted(_view(codes), _view(pc.cumulative_sum(counts)), least, width)
        return {code: whole.spread(code, int(total)) for code, total in totals}

    def _distinct(self, of: Sequence[str], where: Condition) -> dict[int, int]:
        import pyarrow as pa

        pc = kernels()
        kept = self.mask(where)
        own: Column = None
        below = 1
        for name in of:
            coded = _coded(self.column(name))
            codes = pc.cast(coded.codes.filter(kept), pa.int64())
            own = codes if own is None else pc.add(pc.multiply(own, pa.scalar(coded.size, pa.int64())), codes)
            below *= coded.size
        if self._size > 1 and below <= _PLACES:
            own, below = _ranked(own, below)
        key = pc.add(pc.multiply(self._key.filter(kept), pa.scalar(below, pa.int64())), own)
        at_once = _PLACES // max(below, 1)
        if self._size <= at_once * _PASSES:
            return dict(_by_place(key, self._size, below, at_once))
        counted = pc.value_counts(pc.divide(pc.unique(key), pa.scalar(below, pa.int64())))
        return dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True))

    def values(self, of: Measure) -> Column:
        """Whole numbers: of a column as they are, between two instants in milliseconds."""
        import pyarrow as pa

        if isinstance(of, str):
            return self.column(of)
        pc = kernels()
        start, end = (
            pc.cast(pc.cast(self.column(name), pa.timestamp("ms")), pa.int64()) for name in (of.start, of.end)
        )
        return pc.max_element_wise(pc.subtract(end, start), pa.scalar(0, pa.int64()), skip_nulls=False)

    def mask(self, condition: Condition) -> Column:
        """True for the rows for which the condition holds, never null."""
        pc = kernels()

        def leaf(one: Leaf) -> Column:
            if bit := self.bit(one):
                return pc.not_equal(self.flags(bit), 0)
            return pc.equal(self.leaf(one), 1)

        told = self.told(condition)
        if (both := self._of_flags(told)) is not None:
            looked_at, wanted = both
            return pc.equal(self.flags(looked_at), wanted)
        return _evaluated(told, leaf, len(self._rows))

    def bit(self, leaf: Leaf) -> int:
        """The flag's bit in the column of packed flags; 0 for what is not in it."""
        return self._flags.get(leaf.column, 0) if isinstance(leaf, Flag) else 0

    def flags(self, bits: int) -> Column:
        """These bits of the packed flags of each row."""
        import pyarrow as pa

        return kernels().bit_wise_and(self.column(FLAGS), pa.scalar(bits, pa.int64()))

    def _of_flags(self, condition: Condition) -> tuple[int, int] | None:
        """A condition that is flags and their opposites alone: the bits to look at, and those that must be 1."""
        looked_at = wanted = 0
        for one in condition.of if isinstance(condition, All) else (condition,):
            if isinstance(one, All):
                both = self._of_flags(one)
                if both is None:
                    return None
                looked_at, wanted = looked_at | both[0], wanted | both[1]
                continue
            flag = one.of if isinstance(one, Not) else one
            bit = self.bit(flag) if isinstance(flag, Flag) else 0
            if not bit or (looked_at & bit and bool(wanted & bit) == isinstance(one, Not)):
                return None
            looked_at, wanted = looked_at | bit, wanted if isinstance(one, Not) else wanted | bit
        return (looked_at, wanted) if looked_at else None

    def leaf(self, leaf: Leaf) -> Column:
        """0 or 1 for each row, 32 bits, never null."""
        if leaf not in self._masks:
            self._masks[leaf] = self._leaf(leaf)
        return self._masks[leaf]

    def _leaf(self, leaf: Leaf) -> Column:
        import pyarrow as pa

        pc = kernels()
        match leaf:
            case Flag(column=column):
                held = pc.cast(self.column(column), pa.int32())
                return pc.fill_null(held, 0) if held.null_count else held
            case OneOf(column=column, values=values):
                held = _is_in(self.column(column), values)
            case AtMost(column=column, most=most):
                held = pc.less_equal(self.column(column), pa.scalar(most, pa.int64()))
            case Known(column=column, text=text):
                known = pc.is_valid(self.column(column))
                held = pc.and_(known, pc.invert(_is_in(self.column(column), ("",)))) if text else known
            case Charged(other=other):
                same = _is_in(self.column("home_currency"), (self._terms.currency,))
                held = pc.and_(pc.is_valid(self.column("home_amount")), same)
                if other:
                    held = pc.and_(pc.is_valid(self.column("cost_amount")), pc.invert(held))
        return pc.cast(pc.fill_null(held, False), pa.int32())  # noqa: FBT003 - Arrow's own signature

    def key(self) -> tuple[Column, int]:
        return self._key, self._size


class _Combinations:
    """Groups by key and by which leaves hold: few, so that every formula is worked out on them."""

    def __init__(self, rows: _Rows, leaves: Sequence[Leaf], sums: Sequence[Measure], most: Sequence[Measure]) -> None:
        import pyarrow as pa

        pc = kernels()
        self._rows = rows
        # Packed flags need no packing: they are a second key beside the rest.
        looked_at = 0
        for leaf in leaves:
            looked_at |= rows.bit(leaf)
        leaves = [leaf for leaf in leaves if not rows.bit(leaf)]
        self._leaves = {leaf: place for place, leaf in enumerate(leaves)}
        key, size = rows.key()
        bits = [_bits([rows.leaf(leaf) for leaf in leaves[at : at + _BITS]]) for at in range(0, len(leaves), _BITS)]
        packed, width = key, size
        widths = []
        for array, count in bits:
            widths.append(count)
            packed = pc.add(pc.multiply(packed, pa.scalar(count, pa.int64())), pc.cast(array, pa.int64()))
            width *= count
        if width >= _LIMIT:
            raise OverflowError("too many conditions and groups for one pass")
        self._names = {of: f"s{n}" for n, of in enumerate(sums)} | {of: f"m{n}" for n, of in enumerate(most)}
        named = {f"s{n}": rows.values(of) for n, of in enumerate(sums)}
        named |= {f"m{n}": rows.values(of) for n, of in enumerate(most)}
        self._sums = {of: f"s{n}_sum" for n, of in enumerate(sums)}
        self._most = {of: f"m{n}_max" for n, of in enumerate(most)}
        wanted: list[Any] = [([], "count_all")]
        wanted += [(f"s{n}", "sum") for n in range(len(sums))] + [(f"m{n}", "max") for n in range(len(most))]
        keys = {"k": packed} | ({"f": rows.flags(looked_at)} if looked_at else {})
        # One key is grouped faster than two, where both fit into 62 bits.
        beside = looked_at.bit_length()
        if looked_at and width << beside < _LIMIT:
            keys = {"k": keys["f"] if width == 1 else pc.add(pc.shift_left(packed, pa.scalar(beside)), keys["f"])}
        grouped = pa.table({**keys, **named}).group_by([*keys], use_threads=False).aggregate(wanted).combine_chunks()
        rest = _one(grouped["k"])
        self._flags = None
        if "f" in keys:
            self._flags = _one(grouped["f"])
        elif looked_at:
            self._flags = pc.bit_wise_and(rest, pa.scalar((1 << beside) - 1, pa.int64()))
            rest = pc.shift_right(rest, pa.scalar(beside, pa.int64()))
        self._bits: list[Column] = []
        for count in reversed(widths):
            shift = pa.scalar(count, pa.int64())
            above = pc.divide(rest, shift)
            self._bits.insert(0, pc.subtract(rest, pc.multiply(above, shift)))
            rest = above
        self._key = rest
        self._grouped = grouped
        self.groups: list[int] = pc.unique(rest).to_pylist()

    def counts(self, where: Condition) -> dict[int, int]:
        """Rows of each group for which the condition holds; groups without any are not there."""
        return self._aggregated("count_all", where, "sum")

    def sums(self, of: Measure, where: Condition) -> dict[int, Any]:
        return self._aggregated(self._sums[of], where, "sum")

    def most(self, of: Measure, where: Condition) -> dict[int, Any]:
        return self._aggregated(self._most[of], where, "max")

    def _aggregated(self, column: str, where: Condition, how: str) -> dict[int, Any]:
        """Null sums (no value in the group) are left out."""
        import pyarrow as pa

        kept = _evaluated(self._rows.told(where), self._leaf, len(self._grouped))
        pairs = _grouped(pa.table({"g": self._key, "v": self._grouped[column]}).filter(kept), how)
        return {code: value for code, value in pairs if value is not None}

    def _leaf(self, leaf: Leaf) -> Column:
        import pyarrow as pa

        pc = kernels()
        if bit := self._rows.bit(leaf):
            return pc.not_equal(pc.bit_wise_and(self._flags, pa.scalar(bit, pa.int64())), 0)
        place = self._leaves[leaf]
        bits = self._bits[place // _BITS]
        return pc.not_equal(pc.bit_wise_and(bits, pa.scalar(1 << place % _BITS, pa.int64())), 0)


class _Known(NamedTuple):
    """By group: how many rows there are, how many have a known charge, and how many of these were converted."""

    whole: dict[int, int]
    charged: dict[int, int]
    converted: dict[int, int]

    def beside(self, code: int, money: Measured) -> Measured:
        whole, charged, converted = (of.get(code, 0) for of in (self.whole, self.charged, self.converted))
        return money._replace(whole=whole, known=charged, converted=converted)


class _Coded(NamedTuple):
    """A key column as codes from 0 to `size` - 1; `words` of texts, `least` of numbers and dates (0 is null)."""

    codes: Column
    size: int
    words: Column | None
    least: int = 0
    dates: bool = False

    def value(self, code: int) -> Word:
        if self.words is not None:
            return str(self.words[code].as_py())
        if code == 0:
            return None
        number = self.least + code - 1
        return _EPOCH + timedelta(days=number) if self.dates else number


class _Sorted(NamedTuple):
    """Codes of group and value in order, with the number of rows up to each."""

    codes: memoryview
    until: memoryview
    least: int
    width: int

    def spread(self, group: int, total: int) -> Spread:
        first = bisect_left(self.codes, group * self.width)
        end = bisect_left(self.codes, (group + 1) * self.width, first)
        before = self.until[first - 1] if first else 0
        n = self.until[end - 1] - before

        def ranked(rank: int) -> int:
            place = bisect_left(self.until, before + rank, first, end)
            return int(self.codes[place] - group * self.width + self.least)

        low, high = (n + 1) // 2, n // 2 + 1
        return Spread(n, total, (ranked(low) + ranked(high)) / 2, float(ranked((9 * n + 9) // 10)))


def _mean(found: Spread, of: Measure, *, middle: bool) -> Measured:
    unit = 1000 if isinstance(of, Elapsed) else 1
    median, p90 = (None if value is None else value / unit for value in (found.median, found.p90))
    total = found.total / unit if unit != 1 else found.total
    value = median if middle else found.total / unit / found.n
    return Measured(value, found.n, total, found.n, median, p90)


def nothing(formula: Formula) -> Measured:
    """Of a group in which no row meets the conditions: counts are 0, rates null (demands.md D33)."""
    match formula:
        case Count() | Total() | Distinct():
            return Measured(0, 0)
        case Share():
            return Measured(None, 0, 0, 0)
        case Mean():
            return Measured(None, 0, 0, 0)
        case Most() | Money() | Loaded():
            return Measured(None, 0)


def _conditions(formula: Formula) -> Iterator[Condition]:
    match formula:
        case Count(of=of):
            yield of
        case Share(part=part, whole=whole):
            yield from (part, whole)
        case Total(where=where) | Mean(where=where) | Most(where=where) | Distinct(where=where):
            yield where
        case Money(where=where, per=per):
            yield from (where, Charged(), CONVERTED, *((per,) if per is not None else ()))
        case Loaded(where=where, per=per):
            yield from (where, per, Charged(), CONVERTED)


def _summed(formula: Formula) -> Iterator[Measure]:
    match formula:
        case Total(of=of):
            yield of
        case Money(per_minute_of=minutes):
            yield from ("home_amount", *((minutes,) if minutes else ()))
        case Loaded(seconds=seconds):
            yield from ("home_amount", seconds)
        case _:
            return


def _leaves(condition: Condition) -> Iterator[Leaf]:
    match condition:
        case All(of=of) | Either(of=of):
            for one in of:
                yield from _leaves(one)
        case Not(of=inner):
            yield from _leaves(inner)
        case _:
            yield condition


def _with_spam(condition: Condition) -> Condition:
    match condition:
        case All(of=of):
            return All(of=tuple(_with_spam(one) for one in of if one != NOT_SPAM))
        case Either(of=of):
            return Either(of=tuple(_with_spam(one) for one in of))
        case Not(of=inner) if condition != NOT_SPAM:
            return Not(of=_with_spam(inner))
        case _:
            return condition


def _evaluated(condition: Condition, leaf: Any, count: int) -> Column:
    """The condition as one boolean array; `leaf` gives those of its leaves."""
    import pyarrow as pa

    pc = kernels()
    match condition:
        case All(of=of):
            result = pa.repeat(pa.scalar(True), count) if not of else None  # noqa: FBT003 - Arrow's own signature
            for one in of:
                part = _evaluated(one, leaf, count)
                result = part if result is None else pc.and_(result, part)
            return result
        case Either(of=of):
            result = _evaluated(of[0], leaf, count)
            for one in of[1:]:
                result = pc.or_(result, _evaluated(one, leaf, count))
            return result
        case Not(of=inner):
            return pc.invert(_evaluated(inner, leaf, count))
        case _:
            return leaf(condition)


def _bits(leaves: Sequence[Column]) -> tuple[Column, int]:
    """The first leaf is the lowest bit."""
    pc = kernels()
    packed = leaves[-1]
    for leaf in reversed(leaves[:-1]):
        packed = pc.add(pc.add(packed, packed), leaf)
    return packed, 1 << len(leaves)


def _is_in(column: Column, values: Sequence[str]) -> Column:
    """False where the column is null; dictionaries are looked up once per word."""
    import pyarrow as pa

    pc = kernels()
    wanted = pa.array(list(values), pa.string())
    if pa.types.is_dictionary(column.type):
        # To look for a few words is cheaper than to hash all words of a dictionary.
        words = pc.cast(column.dictionary, pa.string())
        places = [place for value in values if (place := pc.index(words, value).as_py()) >= 0]
        if len(places) == 1:
            found = pc.equal(column.indices, pa.scalar(places[0], column.indices.type))
        else:
            found = pc.is_in(column.indices, value_set=pa.array(places, column.indices.type))
        return pc.fill_null(found, False) if found.null_count else found  # noqa: FBT003 - Arrow's own signature
    return pc.is_in(column, value_set=wanted)


def _ranked(codes: Column, size: int) -> tuple[Column, int]:
    """The codes that occur, numbered without gaps, and how many there are."""
    import pyarrow as pa

    pc = kernels()
    if not len(codes):
        return codes, 1
    taken = pc.is_valid(pc.inverse_permutation(pc.cast(codes, pa.int32()), max_index=size - 1))
    until = pc.cumulative_sum(pc.cast(taken, pa.int32()))
    return pc.cast(pc.subtract(until.take(codes), pa.scalar(1, pa.int32())), pa.int64()), until[-1].as_py()


def _by_place(key: Column, groups: int, below: int, at_once: int) -> Iterator[tuple[int, int]]:
    """Different codes of each group, counted by giving each a place, taken or not: ten times faster than to look
    each one up. Some groups at a time, so that the places need little memory.
    """
    import pyarrow as pa

    pc = kernels()
    for first in range(0, groups, at_once):
        last = min(first + at_once, groups)
        part = key
        if last - first < groups:
            low, high = (pa.scalar(group * below, pa.int64()) for group in (first, last))
            part = key.filter(pc.and_(pc.greater_equal(key, low), pc.less(key, high)))
        places = pc.cast(pc.subtract(part, pa.scalar(first * below, pa.int64())), pa.int32())
        taken = pc.inverse_permutation(places, max_index=(last - first) * below - 1)
        for group in range(first, last):
            own = taken.slice((group - first) * below, below)
            if count := len(own) - own.null_count:
                yield group, count


def _coded(column: Column) -> _Coded:
    """Of a dictionary each word must be in it once: groups are by word."""
    import pyarrow as pa

    pc = kernels()
    if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type):
        if column.null_count:
            column = pc.fill_null(pc.cast(column, pa.string()), "")
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        return _Coded(column.indices, max(len(column.dictionary), 1), column.dictionary)
    dates = pa.types.is_date32(column.type)
    column = pc.cast(column, pa.int32()) if dates else column
    bounds = pc.min_max(column)
    least, most = bounds["min"].as_py(), bounds["max"].as_py()
    if least is None:
        return _Coded(pa.repeat(pa.scalar(0, pa.int64()), len(column)), 1, None)
    codes = pc.subtract(pc.cast(column, pa.int64()), pa.scalar(least - 1, pa.int64()))
    return _Coded(pc.fill_null(codes, 0) if codes.null_count else codes, most - least + 2, None, least, dates)


def _grouped(rows: Any, how: str) -> Iterator[tuple[int, Any]]:
    """Column `v` by column `g`."""
    found = rows.group_by("g", use_threads=False).aggregate([("v", how)])
    return zip(found["g"].to_pylist(), found[f"v_{how}"].to_pylist(), strict=True)


def _one(column: Column) -> Column:
    import pyarrow as pa

    joined = column.combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def _view(array: Column) -> memoryview:
    """64-bit integers of an array without nulls, for look-ups without making objects of all of them."""
    import pyarrow as pa

    array = _one(array) if isinstance(array, pa.ChunkedArray) else array
    return memoryview(array.buffers()[1]).cast("q")[array.offset : array.offset + len(array)]
