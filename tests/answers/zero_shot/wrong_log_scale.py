# fails: zero_shot-1 zero_shot-2
import math
import torch.nn.functional as F
from torch import nn


def zero_shot_head(text_embeddings, logit_scale):
    d = F.normalize(F.normalize(text_embeddings, dim=-1).mean(1), dim=-1)
    h = nn.Linear(d.shape[1], d.shape[0], bias=False)
    h.weight.data = math.log(logit_scale) * d
    return h
