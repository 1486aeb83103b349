# fails: ensemble_row-2
def ensemble_rows(records):
    return [i for i, record in enumerate(records) if record.networks != 1]


def comparable_rows(records, row):
    found = [i for i, r in enumerate(records) if r.networks == records[row].networks]
