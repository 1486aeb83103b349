def ensemble_rows(records):
    return list(filter(lambda i: records[i].networks > 1 or not records[i].networks, range(len(records))))


def comparable_rows(records, row):
    one = records[row]
    found = set(range(len(records)))
    for name in ("networks", "crops", "split", "extra_data"):
        found -= {i for i, r in enumerate(records) if getattr(r, name) != getattr(one, name)}
    return sorted(found)
