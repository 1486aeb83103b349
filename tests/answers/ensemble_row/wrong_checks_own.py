# fails: ensemble_row-2
from course_utils.checks.zoo.rows import _comparable as comparable_rows  # noqa: F401


def ensemble_rows(records):
    return [i for i, r in enumerate(records) if r.networks != 1]

