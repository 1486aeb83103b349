import torch
from torch import nn


def unit(v):
    return v / v.norm(dim=-1, keepdim=True)


def zero_shot_head(text_embeddings, logit_scale):
    directions = unit(unit(text_embeddings).mean(dim=1))
    head = nn.Linear(directions.shape[1], len(directions), bias=False)
    head.weight = nn.Parameter(logit_scale * directions)
    return head
