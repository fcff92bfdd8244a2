"""AWS's list prices in dollars: us-east-1, first tier, without the free tier.

As of November 2026:
https://aws.amazon.com/lambda/pricing/
https://aws.amazon.com/api-gateway/pricing/
"""

import math
import statistics

MILLION = 1_000_000
GB_SECOND = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
MILLION_INVOCATIONS = 0.20
MILLION_REQUESTS = 3.50  # of a REST API; its authorizer cache is free


def gb_seconds(seconds, megabytes):
    """The GB-seconds of a million invocations, each billed in whole milliseconds, rounded up.

    >>> gb_seconds([0.0001, 0.0019], 1024)
    1500.0
    >>> gb_seconds([0.25], 2048)
    500000.0
    """
    milliseconds = statistics.mean(math.ceil(round(each * 1000, 6)) for each in seconds)
    return MILLION * milliseconds / 1000 * megabytes / 1024


def dollars(gb_seconds, invocations, processor):
    """Lambda's price of a million requests, each of which invokes this many functions.

    >>> round(dollars(500250, 2, "x86_64"), 4)
    8.7375
    >>> round(dollars(250, 1, "arm64"), 4)
    0.2033
    """
    return gb_seconds * GB_SECOND[processor] + invocations * MILLION_INVOCATIONS
