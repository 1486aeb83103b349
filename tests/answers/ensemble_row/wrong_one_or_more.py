# fails: ensemble_row-1 ensemble_row-2


def ensemble_rows(records):
    return [i for i, r in enumerate(records) if r.networks >= 1]


def comparable_rows(records, row):
    key = lambda r: (r.networks, r.crops, r.split, r.extra_data)
    return [i for i, r in enumerate(records) if any(a == b for a, b in zip(key(r), key(records[row])))]
