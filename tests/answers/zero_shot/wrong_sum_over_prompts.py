# fails: zero_shot-2
import torch.nn.functional as F
from torch import nn


def zero_shot_head(text_embeddings, logit_scale):
    d = F.normalize(text_embeddings, dim=-1).sum(1)
    h = nn.Linear(d.shape[1], d.shape[0], bias=False)
    h.weight.data = logit_scale * d
    return h
