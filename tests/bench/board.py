"""What the live board costs (docs/cost.md), from the sizes of its item and messages and list prices.

    python -m tests.bench.board

Nobody watches: a bell costs its share of an invocation and one read. Somebody watches: it costs in addition the
records that it names, the directory once a minute, the board's item read and written, and a message to each
screen. Messages of the WebSocket are the largest part, and they grow with screens alone.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "layers" / "core"), str(ROOT)]

MILLION = 1_000_000
# List prices, us-east-1, USD.
MESSAGE = 1.00 / MILLION
CONNECTION_MINUTE = 0.25 / MILLION
# A message counts once for each 32 KB.
MESSAGE_BYTES = 32_768
LIVE_MB, BELL_MS, TOLD_MS = 512, 15, 40
PINGS_PER_MINUTE = 60 / 25


def main() -> int:
    from tests.bench.cost import LAMBDA_ARM_GB_S, LAMBDA_REQUEST, READ_UNIT, WRITE_UNIT

    sizes = {(calls, people): item_and_delta(calls, people) for calls, people in ((5, 10), (30, 60), (200, 400))}
    for (calls, people), (item, delta) in sizes.items():
        print(f"{calls:>4} calls, {people:>4} people: item {item:>7,} B, delta of one call {delta:>5,} B")
    item, delta = sizes[30, 60]

    def invocation(ms: float) -> float:
        return LAMBDA_REQUEST + LAMBDA_ARM_GB_S * ms / 1000 * LIVE_MB / 1024

    quiet = invocation(BELL_MS) + READ_UNIT
    reads = 3 * math.ceil(item / 4096) + 4
    watched = invocation(TOLD_MS) + READ_UNIT * reads + WRITE_UNIT * math.ceil(item / 1024)
    per_screen = MESSAGE * math.ceil(delta / MESSAGE_BYTES)
    minute = CONNECTION_MINUTE + PINGS_PER_MINUTE * (2 * MESSAGE + invocation(TOLD_MS) + READ_UNIT * (3 + reads / 2))
    for name, usd in (
        ("a million bells while nobody watches", quiet * MILLION),
        ("a million bells of a watched board (30 calls, 60 people)", watched * MILLION),
        ("  and for each screen", per_screen * MILLION),
        ("a screen for a month of 22 days of 10 hours", minute * 22 * 600),
    ):
        print(f"{name:<60} {usd:8.2f} USD")
    return 0


def item_and_delta(calls: int, people: int) -> tuple[int, int]:
    """Bytes of the board's item, and of the delta that one changed call and person make."""
    import msgspec

    from ringlake.flows.live import Rows, seen_by
    from ringlake.model.base import to_json
    from ringlake.model.board import BoardFilter, difference
    from ringlake.model.directory import Account, Role, User
    from ringlake.stores.packing import pack
    from tests.unit.live.hall import DIRECTORY, Hall

    staff = tuple(
        User(
            id=f"u-{n:04}",
            email=f"p{n}@acme.example",
            name=f"Person Number {n}",
            role=Role.OWNER,
            teams=("t-sales",),
            accounts=(Account(connection="pbx", id=f"p{n}"),),
        )
        for n in range(people)
    )
    hall = Hall(msgspec.structs.replace(DIRECTORY, users=staff))
    for n in range(people):
        hall.at = n
        hall.status(f"p{n}", ("online", "offline", "dnd")[n % 3])
    for n in range(calls):
        hall.at += 1
        hall.call("ringing", id=f"call-{n:06}", agent=f"p{n % people}", **{"from": f"+4860010{n:04}"})
    directory = hall.directory.load("acme")
    rows = Rows(hall.records, hall.contacts)
    before = rows.whole("acme", directory, hall.clock())
    hall.at += 1
    key = hall.call("answered", id="call-000000", agent="p0", **{"from": "+48600100000"})
    after = rows.changed("acme", before, [key], directory, hall.clock())
    seen = [seen_by(directory.users[0], BoardFilter(), one) for one in (before, after)]
    delta = difference(seen[0], seen[1], "all", from_version=1, version=2, at=hall.clock())
    return len(pack(to_json(before), "acme")) + 100, len(to_json(delta))


if __name__ == "__main__":
    sys.exit(main())
