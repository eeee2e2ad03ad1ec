"""`python -m tools.template_rules`: every check of the template that needs no account.

Our own rules, cfn-lint on the source and on what SAM makes of it (each finds things that the
other does not see), and `sam validate --lint`. Exit code 1 with one line per finding.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

from tools.template_rules import rules
from tools.template_rules.stack import ROOT, TEMPLATE, Stack, parse

SAM = ROOT / ".local" / "venvs" / "sam" / "bin" / "sam"
# Made by the transform, not by us: `Fn::Sub` without a variable in what SAM writes itself.
FROM_TRANSFORM = frozenset({"W1020"})


def start_sam() -> subprocess.Popen[str] | None:
    """`sam validate --lint`, beside everything else; None when the SAM CLI is not installed."""
    if not SAM.exists():
        return None
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
    return subprocess.Popen(
        [str(SAM), "validate", "--lint", "--template-file", str(TEMPLATE)],
        cwd=ROOT,
        env=environment | {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": os.devnull},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def lint(name: str, body: str, ignored: frozenset[str] = frozenset()) -> Iterator[str]:
    """cfn-lint's findings, errors and warnings."""
    from cfnlint.api import lint as cfn_lint
    from cfnlint.config import ManualArgs

    for match in cfn_lint(body, config=ManualArgs(regions=["us-east-1"])):
        if match.rule.id not in ignored:
            where = ".".join(str(step) for step in match.path[:5]) if match.path else f"line {match.linenumber}"
            yield f"cfn-lint {match.rule.id} ({name}): {where}: {match.message}"


def findings(stack: Stack) -> Iterator[str]:
    yield from rules.check(stack)
    yield from lint("source", stack.text)
    yield from lint("transformed", json.dumps(stack.transformed), FROM_TRANSFORM)


def main() -> int:
    began = time.monotonic()
    sam = start_sam()
    found = list(findings(parse(TEMPLATE.read_text(encoding="utf-8"))))
    if sam is None:
        found.append("sam validate --lint: not run, the SAM CLI is missing (`make setup`)")
    else:
        output, _ = sam.communicate(timeout=120)
        if sam.returncode != 0:
            found += [f"sam validate --lint: {line}" for line in output.strip().splitlines()]
    print(
        "\n".join(found) or f"template.yaml: {len(rules.RULES)} rules, cfn-lint and sam validate: nothing found", end=""
    )
    print(f" ({time.monotonic() - began:.1f} s)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
