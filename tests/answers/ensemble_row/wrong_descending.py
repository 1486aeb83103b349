# fails: ensemble_row-1
def ensemble_rows(records):
    return [i for i, r in enumerate(records) if r.networks != 1][::-1]


def conditions(r):
    return r.networks, r.crops, r.split, r.extra_data


def comparable_rows(records, row):
    return [i for i, r in enumerate(records) if conditions(r) == conditions(records[row])]
