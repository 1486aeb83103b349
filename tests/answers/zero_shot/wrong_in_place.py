# fails: zero_shot-1
from torch import nn
from torch.nn import functional as F


def zero_shot_head(text_embeddings, logit_scale):
    text_embeddings /= text_embeddings.norm(dim=-1, keepdim=True)
    directions = F.normalize(text_embeddings.mean(1), dim=-1)
    head = nn.Linear(directions.shape[1], directions.shape[0], bias=False)
    head.weight = nn.Parameter(logit_scale * directions)
    return head
