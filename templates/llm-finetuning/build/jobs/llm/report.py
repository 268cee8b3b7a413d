"""The evaluation's report: the file that conditions, the registry and people read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def report(metrics: Mapping[str, float]) -> dict[str, Any]:
    """The metrics in the shape of SageMaker's model quality reports. JSON has no infinity, and no model should have."""
    unusable = [name for name, value in metrics.items() if not math.isfinite(value)]
    if unusable:
        raise ValueError(f"no number: {', '.join(unusable)}")
    return {"text_generation_metrics": {name: {"value": value} for name, value in metrics.items()}}
