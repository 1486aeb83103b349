"""The recommender: every constraint excludes, the order is explained, nothing is hidden."""

import pytest

from course_utils.errors import CourseError
from course_utils.zoo import entries
from course_utils.zoo.choosing import Case, recommend


def row(name: str, **facts) -> dict:
    plain = {
        "model": name, "family": "CNN", "parameters (M)": 10.0, "GMAC": 1.0, "size": 224, "smallest": 1,
        "top-1": 0.7, "conditions": "one network, one crop", "trained on": "ImageNet-1k", "labels": entries.SUPERVISED,
        "licence": "mit", "commercial": "yes", "excludes": "", "tag": "v1", "head": "1,000 classes",
    }  # fmt: skip
    return plain | facts


ROWS = [
    row("plain"),
    row("better", **{"top-1": 0.8, "parameters (M)": 90.0}),
    row(
        "probe",
        **{
            "top-1": 0.9,
            "conditions": "linear probe on frozen features",
            "labels": entries.UNLABELLED,
            "commercial": "no",
            "licence": "cc-by-nc-4.0",
        },
    ),
    row(
        "texts", family="language-image", labels=entries.CAPTIONS, GMAC=17.0, smallest=224, **{"top-1": None}
    ),
    row("special", commercial="read them", licence="its own", **{"top-1": 0.75}),
    row("untrained", tag=""),
]


def names(**constraints) -> list[str]:
    return [candidate.name for candidate in recommend(ROWS, Case(**constraints))]


def test_without_constraints_comparable_accuracy_decides_and_the_rest_follows():
    assert names() == ["better", "special", "plain", "probe", "texts"]


@pytest.mark.parametrize(
    "constraints, left",
    [
        ({"parameters": 10}, ["special", "plain", "probe", "texts"]),
        ({"multiply_adds": 1}, ["better", "special", "plain", "probe"]),
        ({"commercial": True}, ["better", "plain", "texts", "special"]),
        ({"labels": (entries.UNLABELLED,)}, ["probe"]),
        ({"texts": True}, ["texts"]),
    ],
)
def test_each_constraint_excludes(constraints, left):
    assert names(**constraints) == left


def test_most():
    assert len(recommend(ROWS, Case(), most=2)) == 2


def test_reasons_and_cautions():
    found = {c.name: c for c in recommend(ROWS, Case(size=32, commercial=True))}
    assert found["plain"].reasons[0] == "70.0 % top-1 on ImageNet"
    assert found["texts"].reasons[0] == "no comparable ImageNet number"
    assert "10.0 M parameters, 1.00 GMAC at 224 px" in str(found["plain"])
    assert found["plain"].cautions == ("made for 224 px: try enlarged pictures too",)
    assert "takes 224 px at least" in found["texts"].cautions[0]
    assert "licence its own: read the terms" in found["special"].cautions
    assert recommend(ROWS, Case(size=224))[0].cautions == ()


def test_a_product_takes_last_what_a_card_excludes_or_a_licence_leaves_open():
    shut = row("shut", excludes="any deployed use", **{"top-1": 0.99})
    found = recommend([shut, *ROWS], Case(commercial=True))
    assert [c.name for c in found] == ["better", "plain", "texts", "shut", "special"]
    assert found[3].cautions == ("its card excludes any deployed use",)
    assert recommend([shut, *ROWS], Case())[0].name == "shut"


def test_parameters_without_a_head_are_called_so():
    (found,) = recommend([row("bare", head="none")], Case())
    assert "10.0 M parameters without a head" in found.reasons[1]


def test_nothing_fits_names_the_hardest_constraint():
    with pytest.raises(CourseError, match="no row of the table") as caught:
        recommend(ROWS, Case(multiply_adds=0.5, parameters=50))
    assert "6 of 6 rows: too much compute" in str(caught.value)


def test_a_table_without_rows_is_told():
    with pytest.raises(CourseError, match="there are no rows to choose from"):
        recommend([], Case())
