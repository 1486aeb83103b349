# fails: zero_shot-1
import torch
import torch.nn.functional as F
from torch import nn


def zero_shot_head(text_embeddings, logit_scale):
    prompts = F.normalize(text_embeddings, dim=-1)
    directions = F.normalize(prompts.mean(dim=1), dim=-1)
    head = nn.Linear(directions.shape[1], directions.shape[0], bias=False)
    with torch.no_grad():
        head.weight.copy_(min(logit_scale, 100.0) * directions)
    return head
