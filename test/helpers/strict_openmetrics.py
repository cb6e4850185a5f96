"""Reads one OpenMetrics file by the reference parser, and refuses what that lets pass.

Prints how many series and points there are; the reason on stderr and status 1 where the file is not valid.
"""

import json
import sys

from prometheus_client import samples
from prometheus_client.openmetrics import parser


def later(self, other):
    return (self.sec, self.nsec) > (other.sec, other.nsec)


# 0.16 compares the fractions by themselves: 2.262 s is not after 1.764 s for it.
samples.Timestamp.__gt__ = later


def read(path):
    # The parser drops the second of two points at one time without a word: the lines are what it should have seen.
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = sum(1 for line in file if not line.startswith("#"))
    last = {}
    points = 0
    with open(path, encoding="utf-8", newline="\n") as file:
        for family in parser.text_fd_to_metric_families(file):
            for sample in family.samples:
                points += 1
                check(family, sample, last)
    if points != lines:
        raise ValueError(f"{lines - points} points at a time that their series has already")
    return {"series": len(last), "points": points}


def check(family, sample, last):
    series = (sample.name, tuple(sorted(sample.labels.items())))
    before = last.get(series)
    last[series] = sample
    if sample.timestamp is None:
        raise ValueError(f"no time stamp: {series}")
    if before is None:
        return
    if not sample.timestamp > before.timestamp:
        raise ValueError(f"time does not go on: {series} at {sample.timestamp}")
    if family.type == "counter" and sample.value < before.value:
        raise ValueError(f"counter falls: {series} at {sample.timestamp}")


try:
    print(json.dumps(read(sys.argv[1])))
except ValueError as error:
    sys.exit(f"{type(error).__name__}: {error}")
