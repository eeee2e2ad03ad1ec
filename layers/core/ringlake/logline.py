"""The one log line of an invocation, which is also its metrics (CloudWatch embedded metric format).

Nothing personal may be in it: names of metrics are labels, and everything said is kept for months.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

NAMESPACE = "Ringlake"


def measured(
    service: str, at: datetime, counts: Mapping[str, int], *, ms: float | None = None, said: Mapping[str, Any] = {}
) -> str:
    """One line of JSON: `counts` and the time taken become metrics of the service, `said` stands beside them.

    Alarms wait for these names; the template's rules look for them where the counts are made.
    """
    units = dict.fromkeys(counts, "Count") | ({} if ms is None else {"ms": "Milliseconds"})
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    declared = {"Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": metrics}
    line = {
        "_aws": {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [declared]},
        "service": service,
        **counts,
        **({} if ms is None else {"ms": round(ms, 1)}),
        **said,
    }
    return json.dumps(line)
