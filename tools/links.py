"""Every relative link in the Markdown files leads to a file that is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def broken() -> list[str]:
    """`file: target` of each relative link without a file behind it."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = []
    for name in listed.stdout.split():
        page = ROOT / name
        if not page.is_file():
            continue
        for target in LINK.findall(page.read_text()):
            if "://" in target or target.startswith("mailto:"):
                continue
            if not (page.parent / target).exists():
                found.append(f"{name}: {target}")
    return found


if __name__ == "__main__":
    lines = broken()
    print("\n".join(lines) or "every link leads somewhere")
    sys.exit(1 if lines else 0)
