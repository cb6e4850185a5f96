"""Reads an OpenMetrics file by the reference parser, and refuses what that lets pass.

Prints how many series and points there are; the reason on stderr and status 1 where the file is not valid. With --each
it reads a list of texts in Base64 from stdin, and prints for each why it is refused, or null; with --samples the names,
labels, times in milliseconds and values.
"""

import base64
import io
import json
import sys

from prometheus_client import samples
from prometheus_client.openmetrics import parser


def later(self, other):
    return (self.sec, self.nsec) > (other.sec, other.nsec)


# 0.16 compares the fractions by themselves: 2.262 s is not after 1.764 s for it.
samples.Timestamp.__gt__ = later


def read(data):
    # The parser drops the second of two points at one time without a word: the lines are what it should have seen.
    lines = sum(1 for line in opened(data) if not line.startswith("#"))
    last = {}
    points = 0
    for family in parser.text_fd_to_metric_families(opened(data)):
        for sample in family.samples:
            points += 1
            check(family, sample, last)
    if points != lines:
        raise ValueError(f"{lines - points} points at a time that their series has already")
    return {"series": len(last), "points": points}


def opened(data):
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="\n")


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


def refusal(data):
    try:
        read(data)
        return None
    # The parser does not catch its own errors.
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        return f"{type(error).__name__}: {error}"


# What a scrape gets: each series once, without a time stamp. Returns how many there are.
def scraped(data):
    seen = set()
    for family in parser.text_fd_to_metric_families(opened(data)):
        for sample in family.samples:
            series = (sample.name, tuple(sorted(sample.labels.items())))
            if series in seen or sample.timestamp is not None:
                raise ValueError(f"not one sample without a time stamp: {series}")
            seen.add(series)
    return len(seen)


def samples_of(data):
    read(data)
    return [
        [sample.name, sample.labels, sample.timestamp.sec * 1000 + sample.timestamp.nsec / 1e6, repr(float(sample.value))]
        for family in parser.text_fd_to_metric_families(split_everywhere(data))
        for sample in family.samples
    ]


# As a reader that ends lines wherever Python does.
def split_everywhere(data):
    return io.StringIO("".join(line + "\n" for line in data.decode("utf-8").splitlines()), newline="\n")


EACH = {"--each": refusal, "--samples": samples_of, "--scrape": scraped}


def main(path):
    if path in EACH:
        print(json.dumps([EACH[path](base64.b64decode(text)) for text in json.load(sys.stdin)]))
        return
    with open(path, "rb") as file:
        print(json.dumps(read(file.read())))


try:
    main(sys.argv[1])
except ValueError as error:
    sys.exit(f"{type(error).__name__}: {error}")
