"""The protocol: equal treatment, selection on validation, the row of a contender."""

from dataclasses import replace

import pytest
from tiny import PREPROCESS, tiny_model, tiny_splits

from course_utils.analysis.protocol import Contender, Protocol
from course_utils.errors import CourseError

PROTOCOL = Protocol(epochs=2, n_rates=2, seeds=(0, 1), batch_size=10)
TINY = Contender("tiny", lambda seed: tiny_model(seed=seed), PREPROCESS, (0.001, 0.01))


@pytest.fixture(scope="module")
def result():
    return PROTOCOL.run(TINY, tiny_splits())


def test_an_entry_for_each_seed_at_the_rate_chosen_on_validation(result, capsys):
    again = PROTOCOL.run(TINY, tiny_splits())
    assert again.arm.scores == result.arm.scores and "-> " in capsys.readouterr().out
    assert len(result.arm.scores) == len(result.test_logits) == len(result.histories) == 2
    best = {r: PROTOCOL.train(TINY, tiny_splits(), 0, r)[1].best_val_accuracy for r in TINY.rates}
    assert result.arm.lr == max(best, key=best.get)
    assert result.images_seen == 100


def test_the_curves_are_those_of_validation(result):
    (history, _), epochs = result.histories, (0.3, 0.7)
    records = [replace(e, val_accuracy=a, train_accuracy=0.9) for e, a in zip(history.records, epochs)]
    known = replace(result, histories=(replace(history, records=records),))
    assert known.curves == [[0.3, 0.7]] and [len(curve) for curve in result.curves] == [2, 2]


def test_the_row_tells_accuracy_spread_and_cost(result):
    row = result.row()
    assert row["contender"] == "tiny" and row["images seen"] == 100
    assert row["parameters"] == result.parameters > 0 and result.macs > 0 and result.memory_mib > 0
    assert " to " in row["seeds"] and " to " in row["95 % by images"]


def test_equal_seconds_give_the_quicker_contender_more_epochs(result):
    def slowed(factor):
        history = result.histories[0]
        records = [replace(e, seconds=factor) for e in history.records]
        return replace(result, histories=(replace(history, records=records),))

    slow, quick = slowed(3.0), slowed(1.0)
    longer = PROTOCOL.with_equal_time(slow, quick)
    assert longer.epochs == 6 and longer.seeds == PROTOCOL.seeds
    assert PROTOCOL.with_equal_time(quick, slow).epochs == 1
    with pytest.raises(CourseError, match="not as large"):
        longer.run(TINY, tiny_splits())
    again = TINY.at(0.01, "longer")
    assert again.rates == (0.01,) and again.name == "longer" and len(again.rates) == longer.n_rates


def test_the_protocol_as_a_table():
    text = str(PROTOCOL.rows(tiny_splits()))
    assert "50, the same for all" in text and "the best of 2" in text and "rate on the first seed" in text


def test_a_protocol_of_one_rate_and_one_epoch_claims_no_choice_of_a_rate():
    text = str(replace(PROTOCOL, epochs=1, n_rates=1).rows(tiny_splits()))
    assert "'1 epoch, 50 images seen'" in text and "one: nothing was chosen" in text and "rate on" not in text
