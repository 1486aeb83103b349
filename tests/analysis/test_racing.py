"""A fair race: one grid for all, its winner for the other seeds, and an arm for each start."""

from types import SimpleNamespace

from course_utils.analysis import measured_arms, race

GOOD = {"slow": 0.01, "quick": 0.1}  # the rate that suits each start


def train(start: str, rate: float, seed: int):
    score = 0.9 if rate == GOOD[start] else 0.5
    return (start, rate, seed), SimpleNamespace(best_val_accuracy=score, seconds=1.5)


def test_each_start_chooses_on_the_first_seed_and_trains_the_others_at_it(capsys):
    runs, rates = race({"a": "slow", "b": "quick"}, train, (0.01, 0.1), range(4, 7))
    assert rates == {"a": 0.01, "b": 0.1}
    assert [model for model, _ in runs["b"]] == [("quick", 0.1, seed) for seed in (4, 5, 6)]
    assert "0.01: 90.0%" in capsys.readouterr().out


def test_an_arm_holds_the_scores_of_all_seeds_its_rate_and_its_seconds():
    runs, rates = race({"a": "slow"}, train, (0.01,), (0, 1))
    (arm,) = measured_arms(runs, rates, lambda model: 0.5 + model[2] / 10, 200)
    assert (arm.name, arm.scores, arm.n_images, arm.lr, arm.seconds) == ("a", (0.5, 0.6), 200, 0.01, 3.0)
