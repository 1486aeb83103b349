# fails: ensemble_row-1
def ensemble_rows(records):
    return [i for i, r in enumerate(records, start=1) if r.networks != 1]


def comparable_rows(records, row):
    def key(r):
        return (r.networks, r.crops, r.split, r.extra_data)

    return [i for i, r in enumerate(records) if key(r) == key(records[row])]
