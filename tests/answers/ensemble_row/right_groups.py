from collections import defaultdict
from operator import ne


def ensemble_rows(records):
    one = [1] * len(records)
    several = map(ne, (record.networks for record in records), one)
    return [i for i, yes in enumerate(several) if yes]


def comparable_rows(records, row):
    groups = defaultdict(list)
    for i, record in enumerate(records):
        groups[record.networks, record.crops, record.split, record.extra_data].append(i)
    return next(group for group in groups.values() if row in group)
