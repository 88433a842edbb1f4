"""How cost grows with size: the exponent of the line through it at several sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping


def exponent(costs: Mapping[int, float]) -> float:
    """By size: what it cost. 1 is linear, 2 quadratic; least squares over the logarithms.

    >>> round(exponent({10: 2.0, 100: 20.0, 1000: 200.0}), 6)
    1.0
    """
    points = [(math.log(size), math.log(cost)) for size, cost in costs.items()]
    x = sum(one for one, _ in points) / len(points)
    y = sum(one for _, one in points) / len(points)
    across = sum((one - x) ** 2 for one, _ in points)
    return sum((one - x) * (other - y) for one, other in points) / across
