"""The benches by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.bench import fold, ingest, packages, rollup, startup
from tests.bench.report import Outcome

BENCHES: Mapping[str, Callable[[bool], Outcome]] = {
    "ingest": ingest.bench,
    "startup": startup.bench,
    "fold": fold.bench,
    "rollup": rollup.bench,
    "packages": packages.bench,
}
