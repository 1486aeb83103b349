"""Nearest neighbours: cosine votes, ties of length, and what is refused."""

import pytest
import torch

from course_utils.errors import DataError
from course_utils.training.evaluation import accuracy, score
from course_utils.training.probes import neighbour_votes

KNOWN = torch.tensor([[1.0, 0], [2, 0.1], [0, 1], [0, 3]])
LABELS = torch.tensor([0, 0, 2, 2])


def test_votes_go_to_the_class_of_the_nearest():
    votes = neighbour_votes(KNOWN, LABELS, torch.tensor([[5.0, 0.2], [0.1, 9]]), k=2)
    assert votes.shape == (2, 3)
    assert votes.argmax(dim=1).tolist() == [0, 2]
    assert accuracy(votes, torch.tensor([0, 2])) == 1


def test_only_the_direction_counts():
    one, hundred = (neighbour_votes(KNOWN, LABELS, s * torch.tensor([[1.0, 2.0]]), k=3) for s in (1, 100))
    assert torch.allclose(one, hundred)


def test_a_vote_weighs_as_much_as_it_is_similar():
    votes = neighbour_votes(KNOWN, LABELS, torch.tensor([[1.0, 0.0]]), k=4)
    assert votes[0, 0] == pytest.approx(1 + 2 / 4.01**0.5)
    assert votes[0, 1:].tolist() == [0, 0]


def test_a_class_that_no_known_image_has_gets_no_votes_and_can_be_scored():
    votes = neighbour_votes(KNOWN, LABELS, KNOWN, k=1, num_classes=4)
    assert votes.shape == (4, 4) and votes[:, 3].tolist() == 4 * [0]
    assert score(votes, torch.tensor([0, 0, 2, 3])).top1 == 0.75


@pytest.mark.parametrize("k", [0, 5])
def test_as_many_neighbours_as_there_are(k):
    with pytest.raises(DataError, match="neighbours of 4 images"):
        neighbour_votes(KNOWN, LABELS, KNOWN, k)
