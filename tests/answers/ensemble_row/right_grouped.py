from collections import defaultdict
from operator import attrgetter


def comparable_rows(records, row):
    key = attrgetter("networks", "crops", "split", "extra_data")
    groups = defaultdict(list)
    for i, r in enumerate(records):
        groups[key(r)].append(i)
    return groups[key(records[row])]


def ensemble_rows(records):
    return [i for i in range(len(records)) if not records[i].networks == 1]
