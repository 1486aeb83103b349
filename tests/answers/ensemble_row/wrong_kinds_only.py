# fails: ensemble_row-2
def ensemble_rows(records):
    return [i for i, r in enumerate(records) if r.networks != 1]


def comparable_rows(records, row):
    def conditions(r):
        return r.networks == 1, r.crops, r.split, r.extra_data

    return [i for i, r in enumerate(records) if conditions(r) == conditions(records[row])]
