"""The benches by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.bench import answers, browser, cost, csv_files, fold, ingest, packages, rollup, startup, xlsx_files
from tests.bench.report import Outcome

BENCHES: Mapping[str, Callable[[bool], Outcome]] = {
    "ingest": ingest.bench,
    "startup": startup.bench,
    "fold": fold.bench,
    "rollup": rollup.bench,
    "csv": csv_files.bench,
    "xlsx": xlsx_files.bench,
    "answers": answers.bench,
    "packages": packages.bench,
    "browser": browser.bench,
    "cost": cost.bench,
}
