"""An arm of linear probes: a score for each seed, the same again, all on the same validation images."""

from types import SimpleNamespace

from tiny import PREPROCESS, tiny_model, tiny_splits

from course_utils.analysis import probe_arm

AMOUNTS = SimpleNamespace(train=20, val=10, seeds=3)


def test_a_score_for_each_seed_on_the_images_that_were_asked_for():
    splits = tiny_splits()
    built = []

    def build(seed):
        built.append(seed)
        return tiny_model(seed=seed)

    arm = probe_arm("tiny", build, PREPROCESS, splits, AMOUNTS)
    assert (arm.name, len(arm.scores), arm.n_images, built) == ("tiny", 3, 10, [0, 1, 2])
    again = probe_arm("tiny", build, PREPROCESS, splits, AMOUNTS)
    assert again.scores == arm.scores and all(0 <= score <= 1 for score in arm.scores)
