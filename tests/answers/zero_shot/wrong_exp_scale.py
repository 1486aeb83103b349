# fails: zero_shot-1 zero_shot-2
import torch
import torch.nn.functional as F
from torch import nn


def zero_shot_head(text_embeddings, logit_scale):
    t = text_embeddings
    weight = torch.tensor(logit_scale).exp() * F.normalize(F.normalize(t, dim=-1).mean(1), dim=-1)
    head = nn.Linear(t.shape[-1], t.shape[0], bias=False)
    with torch.no_grad():
        head.weight.copy_(weight)
    return head
