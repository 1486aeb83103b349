# fails: ensemble_row-2
def ensemble_rows(records):
    return [i for i, record in enumerate(records) if record.networks != 1]


def comparable_rows(records, row):
    fields = ('networks', 'crops', 'extra_data')
    wanted = [getattr(records[row], f) for f in fields]
    return [i for i, r in enumerate(records) if [getattr(r, f) for f in fields] == wanted]
