# fails: ensemble_row-2
def ensemble_rows(records: list) -> list[int]:
    """Positions (ascending, plain ints) of the records in which more than one network votes."""
    return [i for i, record in enumerate(records) if record.networks != 1]


def comparable_rows(records: list, row: int) -> list[int]:
    """Positions (ascending, plain ints) of the records with the conditions of `records[row]`."""
    asked = records[row]

    def same_networks(a, b):
        return a == b or (a == 0 and b > 1) or (b == 0 and a > 1)

    return [
        i
        for i, r in enumerate(records)
        if same_networks(r.networks, asked.networks)
        and (r.crops, r.split, r.extra_data) == (asked.crops, asked.split, asked.extra_data)
    ]
