"""Which constant values a query allows for a column of a table it scans.

Athena prunes partitions after pushing predicates down to the scans, through
subqueries, CTEs and joins. This follows the same roads on the syntax tree. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

Values = frozenset[str]
# (source in a scope, column of that source), both lower case
Reference = tuple[str, str]


def constants(
    query: exp.Expr, schema: Mapping[str, Mapping[str, Mapping[str, str]]], database: str
) -> dict[Reference, list[dict[str, Values]]]:
    """For each scanned table, per scan: column -> the values the query allows.

    Keys are (database, table). A column that is not held to constants is absent.
    """
    tree = qualify(
        query.copy(),
        dialect="athena",
        schema={name: dict(tables) for name, tables in schema.items()},
        db=database,
        validate_qualify_columns=False,
        quote_identifiers=False,
        identify=False,
    )
    # Outermost first, so that what a scope is held to is known when its own turn comes.
    scopes = list(reversed(traverse_scope(tree)))
    held: dict[int, list[dict[str, Values]]] = {id(scopes[0].expression): [{}]}
    scans: dict[Reference, list[dict[str, Values]]] = {}
    for scope in scopes:
        for given in held.get(id(scope.expression), [{}]):
            for source, values in _held_sources(scope, given):
                if isinstance(source, Scope):
                    held.setdefault(id(source.expression), []).append(values)
                elif source.name:
                    key = ((source.db or database).lower(), source.name.lower())
                    scans.setdefault(key, []).append(values)
    return scans


def _held_sources(scope: Scope, given: dict[str, Values]) -> Iterator[tuple[exp.Table | Scope, dict[str, Values]]]:
    """The sources of one scope with what their columns are held to."""
    expression = scope.expression
    if isinstance(expression, exp.SetOperation):
        # Branches match by position and take the names of the first; nothing moves through LIMIT.
        passes = not (expression.args.get("limit") or expression.args.get("offset"))
        names = [name.lower() for name in expression.named_selects] if passes else []
        for branch in scope.set_operation_scopes:
            if not isinstance(branch.expression, exp.Query):
                continue
            own = [name.lower() for name in branch.expression.named_selects]
            yield branch, {mine: given[name] for name, mine in zip(names, own, strict=False) if name in given}
        return
    allowed = _conditions(scope)
    for name, column in _passed_down(scope):
        if name in given:
            _narrow(allowed, column, given[name])
    _spread(allowed, _equalities(scope))
    for alias, (_, source) in scope.selected_sources.items():
        if isinstance(source, (exp.Table, Scope)):
            yield source, {column: values for (owner, column), values in allowed.items() if owner == alias.lower()}
    # Subqueries in WHERE or SELECT get nothing from outside.
    for inner in scope.subquery_scopes:
        yield inner, {}


def _passed_down(scope: Scope) -> Iterator[tuple[str, Reference]]:
    """Output columns a condition from outside may be moved through: plain columns."""
    select = scope.expression
    if not isinstance(select, exp.Select) or select.args.get("limit") or select.args.get("offset"):
        return
    group = select.args.get("group")
    keys = group.expressions if group else None
    for projection in select.selects:
        column = projection.unalias()
        if not isinstance(column, exp.Column):
            continue
        reference = _reference(column)
        positions = {str(number) for number, own in enumerate(select.selects, 1) if own is projection}
        # A key is a column or, as in GROUP BY 1, a position.
        grouped = keys is None or any(_reference(key) == reference or key.name in positions for key in keys)
        if grouped and not _windows_cross(select, reference):
            yield projection.alias_or_name.lower(), reference


def _windows_cross(select: exp.Select, column: Reference) -> bool:
    """Whether a window function reads rows with other values of the column."""
    windows = (window for projection in select.selects for window in projection.find_all(exp.Window))
    return any(column not in {_reference(key) for key in window.args.get("partition_by") or []} for window in windows)


@dataclass(frozen=True)
class Condition:
    """Part of a conjunction, and the sources whose scans it may narrow (None: all)."""

    expression: exp.Expr
    narrows: frozenset[str] | None = None

    def reaches(self, column: Reference) -> bool:
        """Whether rows of the column's source that fail the condition never matter."""
        return self.narrows is None or column[0] in self.narrows


def _conjuncts(scope: Scope) -> list[Condition]:
    """Conditions of WHERE and of the joins, with the sides they filter."""
    where = scope.expression.args.get("where")
    found = [Condition(part) for part in _and(where.this)] if where is not None else []
    # A condition on the side that may be missing drops the rows the outer join added.
    required = {held[0][0] for condition in found if (held := _static(condition.expression)) is not None}
    source = scope.expression.args.get("from_") or scope.expression.args.get("from")
    before = {source.this.alias_or_name.lower()} if source is not None else set()
    for join in scope.expression.args.get("joins") or []:
        joined = join.this.alias_or_name.lower()
        narrows: frozenset[str] | None = None
        if join.side == "LEFT" and joined not in required:
            narrows = frozenset([joined])
        elif join.side == "RIGHT" and not before & required:
            narrows = frozenset(before)
        elif join.side == "FULL":
            narrows = frozenset()
        if join.args.get("on") is not None:
            found += [Condition(part, narrows) for part in _and(join.args["on"])]
        before.add(joined)
    return found


def _and(condition: exp.Expr) -> Iterator[exp.Expr]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _and(condition.left)
        yield from _and(condition.right)
    else:
        yield condition


def _conditions(scope: Scope) -> dict[Reference, Values]:
    """Columns that the scope itself holds to constants by `=` or `IN (…)`."""
    allowed: dict[Reference, Values] = {}
    for condition in _conjuncts(scope):
        held = _static(condition.expression)
        if held is not None and condition.reaches(held[0]):
            _narrow(allowed, *held)
    return allowed


def _static(condition: exp.Expr) -> tuple[Reference, Values] | None:
    """The column and values of a static equality condition, else None."""
    if isinstance(condition, exp.EQ):
        sides = (condition.left.unnest(), condition.right.unnest())
        for column, other in (sides, sides[::-1]):
            value = _constant(other)
            if isinstance(column, exp.Column) and value is not None:
                return _reference(column), frozenset([value])
    if isinstance(condition, exp.In) and isinstance(condition.this.unnest(), exp.Column) and condition.expressions:
        values = [_constant(item) for item in condition.expressions]
        known = [value for value in values if value is not None]
        return (_reference(condition.this.unnest()), frozenset(known)) if len(known) == len(values) else None
    if isinstance(condition, exp.Or):
        sides_held = [_static(side.unnest()) for side in (condition.left, condition.right)]
        first, second = sides_held
        if first and second and first[0] == second[0]:
            return first[0], first[1] | second[1]
    return None


def _constant(value: exp.Expr) -> str | None:
    value = value.unnest()
    if isinstance(value, exp.Cast):
        value = value.this
    return str(value.this) if isinstance(value, exp.Literal) else None


def _equalities(scope: Scope) -> list[tuple[Reference, Reference]]:
    """Pairs (from, to): what holds for the first column narrows the scan of the second."""
    pairs = []
    for condition in _conjuncts(scope):
        equal = condition.expression
        if not (
            isinstance(equal, exp.EQ) and isinstance(equal.left, exp.Column) and isinstance(equal.right, exp.Column)
        ):
            continue
        sides = (_reference(equal.left), _reference(equal.right))
        pairs += [(source, target) for source, target in (sides, sides[::-1]) if condition.reaches(target)]
    return pairs


def _spread(allowed: dict[Reference, Values], equal: Sequence[tuple[Reference, Reference]]) -> None:
    """Carry constants over column equalities until nothing changes."""
    # Each round carries a constant at least one equality further.
    for _ in equal:
        for source, target in equal:
            if source in allowed:
                _narrow(allowed, target, allowed[source])


def _narrow(allowed: dict[Reference, Values], column: Reference, values: Values) -> None:
    allowed[column] = allowed[column] & values if column in allowed else values


def _reference(column: exp.Expr) -> Reference:
    if isinstance(column, exp.Column):
        return column.table.lower(), column.name.lower()
    return "", ""
