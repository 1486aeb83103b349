from operator import attrgetter


def ensemble_rows(records):
    return [i for i, n in enumerate(map(attrgetter("networks"), records)) if n != 1]


def comparable_rows(records, row):
    conditions = list(map(attrgetter("networks", "crops", "split", "extra_data"), records))
    return [i for i, c in enumerate(conditions) if c == conditions[row]]
