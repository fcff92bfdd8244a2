"""The time of a sign-in beyond its password hash.

Sign-ins are sent one after another at several costs of bcrypt, whose work doubles with each step, so the medians lie
on a line: time = beyond + hash · 2^cost. The intercept still includes bcrypt's fixed work, some 0.05 ms.
"""

from typing import NamedTuple


class Line(NamedTuple):
    """time = beyond + hash · 2^cost, in ms."""

    beyond: float
    hash: float

    def at(self, cost):
        return self.beyond + self.hash * 2**cost


def fit(medians):
    """The line through these medians by cost, by least squares of the relative deviation.

    >>> line = fit({cost: 0.4 + 0.06 * 2**cost for cost in (4, 5, 6)})
    >>> round(line.beyond, 9), round(line.hash, 9)
    (0.4, 0.06)
    """
    points = [(2**cost, time, time**-2) for cost, time in medians.items()]
    weight = sum(w for _, _, w in points)
    x_mean = sum(w * x for x, _, w in points) / weight
    t_mean = sum(w * t for _, t, w in points) / weight
    covariance = sum(w * (x - x_mean) * (t - t_mean) for x, t, w in points)
    slope = covariance / sum(w * (x - x_mean) ** 2 for x, _, w in points)
    return Line(t_mean - slope * x_mean, slope)


class Beyond:
    """The lines of several rounds."""

    def __init__(self, rounds):
        self.lines = [fit(medians) for medians in rounds]

    def figures(self, what):
        return [what(line) for line in self.lines]
