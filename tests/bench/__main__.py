"""Command line of the benches."""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "layers" / "core"), str(ROOT)]
RESULTS = ROOT / ".local" / "bench.json"
PAGE = ROOT / "docs" / "benchmarks.md"


def main(arguments: list[str]) -> int:
    from tests.bench.benches import BENCHES
    from tests.bench.report import machine, machine_line, page, summary

    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the performance bars.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"which benches; all by default: {', '.join(BENCHES)}")
    parser.add_argument("--json", action="store_true", help=f"also write {RESULTS.relative_to(ROOT)}")
    parser.add_argument("--docs", action="store_true", help=f"also write {PAGE.relative_to(ROOT)} (all benches)")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes: shows that it runs, measures nothing")
    wanted = parser.parse_args(arguments)
    if unknown := set(wanted.names) - set(BENCHES):
        parser.error(f"unknown bench {', '.join(sorted(unknown))}; known: {', '.join(BENCHES)}")

    print(f"machine: {machine_line()}\n", flush=True)
    outcomes, failed = [], []
    for name in wanted.names or BENCHES:
        started = time.monotonic()
        try:
            outcome = BENCHES[name](wanted.tiny)
        except Exception:  # noqa: BLE001
            # The other benches still tell what they can.
            traceback.print_exc()
            print(f"{name} failed\n", flush=True)
            failed.append(name)
            continue
        print(f"{outcome.text()}\n    took {time.monotonic() - started:.0f} s\n", flush=True)
        outcomes.append(outcome)
    print(summary(outcomes))
    if wanted.json:
        RESULTS.parent.mkdir(exist_ok=True)
        content = {"machine": machine(), "tiny": wanted.tiny, "benches": [outcome.as_dict() for outcome in outcomes]}
        RESULTS.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    if wanted.docs:
        if wanted.names or wanted.tiny or failed:
            parser.error("the page shows all benches at full size, and none that failed")
        PAGE.write_text(page(outcomes), encoding="utf-8")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 0 if not failed and all(outcome.met for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
