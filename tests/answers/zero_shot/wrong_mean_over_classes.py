# fails: zero_shot-1 zero_shot-2
from torch import nn
from torch.nn import functional as F


def zero_shot_head(text_embeddings, logit_scale):
    directions = F.normalize(F.normalize(text_embeddings, dim=-1).mean(0), dim=-1)
    head = nn.Linear(directions.shape[1], directions.shape[0], bias=False)
    head.weight = nn.Parameter(logit_scale * directions)
    return head
