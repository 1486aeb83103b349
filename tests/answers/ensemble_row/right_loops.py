def ensemble_rows(records):
    found = []
    for i in range(len(records)):
        if records[i].networks > 1 or records[i].networks == 0:
            found.append(i)
    return found


def comparable_rows(records, row):
    model = records[row]
    found = []
    for i, r in enumerate(records):
        if r.networks != model.networks or r.crops != model.crops:
            continue
        if r.split == model.split and r.extra_data == model.extra_data:
            found.append(i)
    return found
