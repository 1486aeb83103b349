"""Published top-5 errors: which network and conditions a widespread number belongs to."""

import pytest

from course_utils.zoo.published import (
    CROPS_AND_DENSE,
    DENSE_3,
    DENSE_5,
    RECORDS,
    VIEWS,
    WIDESPREAD,
    Record,
    best_single,
    origin,
)


def test_four_of_seven_widespread_numbers_are_ensembles_and_three_stand_nowhere():
    found = {model: origin(model, error) for model, error in WIDESPREAD.items()}
    assert {m for m, r in found.items() if r is None} == {"DenseNet", "MobileNet", "EfficientNet"}
    assert all(record.is_ensemble for record in found.values() if record)


def test_origin_takes_rounding_and_the_model_into_account():
    assert origin("GoogLeNet", 6.7).error == 6.67
    assert origin("VGG", 6.7) is None and origin("GoogLeNet", 6.5) is None


def test_best_single_leaves_out_ensembles_and_extra_data():
    assert [best_single(m).error for m in ("AlexNet", "VGG", "GoogLeNet", "ResNet")] == [
        18.2,
        7.1,
        7.89,
        4.49,
    ]
    assert all(not best_single(model).is_ensemble for model in WIDESPREAD)


@pytest.mark.parametrize(
    "networks, crops, extra, said",
    [
        (1, 1, False, "one network, 1 crop, val"),
        (7, 144, True, "7 networks, 144 crops, val, extra data"),
        (0, 0, False, "several networks, crops not stated, val"),
        (1, 10, False, "one network, 10 crops, val"),
        (1, DENSE_5, False, "one network, dense at 5 scales, val"),
        (7, DENSE_3, False, "7 networks, dense at 3 scales, val"),
        (1, CROPS_AND_DENSE, False, "one network, 150 crops and dense at 3 scales, val"),
    ],
)
def test_conditions_in_words(networks, crops, extra, said):
    record = Record("net", 5.0, networks, crops, "val", extra, "a table")
    assert record.conditions == said and record.is_ensemble == (networks != 1)


def test_vggs_numbers_are_those_of_its_own_paper():
    found = [(r.error, r.networks, r.crops, r.split) for r in RECORDS if r.model == "VGG"]
    assert found == [
        (7.3, 7, DENSE_3, "test"),
        (8.43, 1, 0, "test"),
        (7.5, 1, DENSE_3, "val"),
        (7.1, 1, CROPS_AND_DENSE, "val"),
    ]


def test_conditions_read_differently_exactly_if_they_differ():
    told = {(r.networks, r.crops, r.split, r.extra_data): r.conditions for r in RECORDS}
    assert len(set(told.values())) == len(told) and len(set(VIEWS.values())) == len(VIEWS)


def test_every_record_has_a_source_and_a_sane_error():
    assert all(r.source and 0 < r.error < 100 and r.split in ("val", "test") for r in RECORDS)
