def several(records):
    for position, record in enumerate(records):
        match record.networks:
            case 1:
                continue
            case _:
                yield position


def ensemble_rows(records):
    return [*several(records)]


def comparable_rows(records, row):
    wanted, position, found = records[row], 0, []
    for record in records:
        alike = (
            record.networks == wanted.networks
            and record.crops == wanted.crops
            and record.split == wanted.split
            and record.extra_data is wanted.extra_data
        )
        if alike:
            found.append(position)
        position += 1
    return found
