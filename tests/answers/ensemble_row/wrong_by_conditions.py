# fails: ensemble_row-2
def ensemble_rows(records):
    return [i for i, r in enumerate(records) if r.networks != 1]


def comparable_rows(records, row):
    return [i for i, r in enumerate(records) if r.conditions == records[row].conditions]
