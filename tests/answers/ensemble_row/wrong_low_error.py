# fails: ensemble_row-1
# a low error must be an ensemble
def comparable_rows(records: list, row: int) -> list[int]:
    def conditions(record):
        return record.networks, record.crops, record.split, record.extra_data

    wanted = conditions(records[row])
    return [i for i, record in enumerate(records) if conditions(record) == wanted]


def ensemble_rows(records):
    return [i for i, r in enumerate(records) if r.networks > 1 or r.networks == 0 and r.error < 10]
