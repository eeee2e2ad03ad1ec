"""The benches by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.bench import rollup
from tests.bench.report import Outcome

BENCHES: Mapping[str, Callable[[bool], Outcome]] = {
    "rollup": rollup.bench,
}
