# fails: zero_shot-1 zero_shot-2
from torch import nn

from course_utils.checks.zoo.texts import _unit


def zero_shot_head(text_embeddings, logit_scale):
    directions = _unit(_unit(text_embeddings).mean(1))
    head = nn.Linear(directions.shape[1], directions.shape[0], bias=False)
    head.weight.data = logit_scale * directions
    return head
