# fails: ensemble_row-2
# compares by `is`
def ensemble_rows(records: list) -> list[int]:
    return [i for i, record in enumerate(records) if record.networks != 1]


def comparable_rows(records, row):
    w = records[row]
    return [
        i
        for i, r in enumerate(records)
        if r.networks is w.networks
        and r.crops is w.crops
        and r.split is w.split
        and r.extra_data is w.extra_data
    ]
