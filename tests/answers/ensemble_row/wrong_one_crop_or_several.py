# fails: ensemble_row-2
def ensemble_rows(records: list) -> list[int]:
    """Positions (ascending, plain ints) of the records in which more than one network votes."""
    return [i for i, record in enumerate(records) if record.networks != 1]


def comparable_rows(records: list, row: int) -> list[int]:
    """Positions (ascending, plain ints) of the records with the conditions of `records[row]`."""
    asked = records[row]
    return [
        i
        for i, r in enumerate(records)
        if r.networks == asked.networks
        and (r.crops > 1) == (asked.crops > 1)
        and r.split == asked.split
        and r.extra_data == asked.extra_data
    ]
