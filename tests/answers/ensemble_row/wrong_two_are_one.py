# fails: ensemble_row-1 ensemble_row-2


def ensemble_rows(records):
    return [i for i, r in enumerate(records) if r.networks == 0 or r.networks > 2]


def comparable_rows(records, row):
    key = lambda r: (r.networks, r.crops, r.split, r.extra_data)
    return [i for i, r in enumerate(records) if key(r) == key(records[row])][:1]
