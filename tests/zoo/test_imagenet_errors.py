"""Published top-5 errors: which network and conditions a widespread number belongs to."""

import pytest

from course_utils.zoo.published import RECORDS, SEVERAL_SCALES, WIDESPREAD, Record, best_single, origin


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
        (0, 0, False, "several networks, val"),
        (1, 10, False, "one network, 10 crops, val"),
        (1, SEVERAL_SCALES, False, "one network, several scales, val"),
    ],
)
def test_conditions_in_words(networks, crops, extra, said):
    record = Record("net", 5.0, networks, crops, "val", extra, "a table")
    assert record.conditions == said and record.is_ensemble == (networks != 1)


def test_every_record_has_a_source_and_a_sane_error():
    assert all(r.source and 0 < r.error < 100 and r.split in ("val", "test") for r in RECORDS)
