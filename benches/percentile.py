"""Percentiles of times."""

import math


def percentile(seconds, percent):
    """The smallest time that `percent` of the times don't exceed, in ms.

    >>> percentile([n / 1000 for n in range(1, 201)], 99)
    198.0
    >>> percentile([0.004], 50)
    4.0
    """
    return sorted(seconds)[math.ceil(len(seconds) * percent / 100) - 1] * 1000
