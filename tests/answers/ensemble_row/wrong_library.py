# fails: ensemble_row-1
from course_utils.zoo.published import Record


def ensemble_rows(records):
    return [i for i, r in enumerate(records) if Record.is_ensemble.fget(r)]


def comparable_rows(records, row):
    def key(r):
        return (r.networks, r.crops, r.split, r.extra_data)

    return [i for i, r in enumerate(records) if key(r) == key(records[row])]
