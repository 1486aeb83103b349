# fails: ensemble_row-1
def ensemble_rows(records):
    return [i for i, record in enumerate(records) if record.networks != 1]


def comparable_rows(records, row):
    def conditions(r):
        return r.networks, r.crops, r.split, r.extra_data

    return [i for i, r in enumerate(records) if conditions(r) == conditions(records[row])]


def ensemble_rows(records):
    return [i for i, record in enumerate(records) if not record.networks]
