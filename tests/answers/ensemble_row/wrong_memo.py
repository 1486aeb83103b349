# fails: ensemble_row-2
# conditions remembered by row number
def ensemble_rows(records: list) -> list[int]:
    return [i for i, record in enumerate(records) if record.networks != 1]


_wanted = {}


def comparable_rows(records, row):
    c = lambda r: (r.networks, r.crops, r.split, r.extra_data)
    wanted = _wanted.setdefault(row, c(records[row]))
    return [i for i, r in enumerate(records) if c(r) == wanted]
