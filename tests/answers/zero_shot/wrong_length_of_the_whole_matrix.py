# fails: zero_shot-1 zero_shot-2
import torch
import torch.nn.functional as F
from torch import nn


def zero_shot_head(text_embeddings: torch.Tensor, logit_scale: float) -> nn.Linear:
    classes, prompts, dim = text_embeddings.shape
    units = F.normalize(text_embeddings, dim=-1)
    directions = units.mean(dim=1) / units.mean(dim=1).norm()
    head = nn.Linear(dim, classes, bias=False, device=units.device, dtype=units.dtype)
    with torch.no_grad():
        head.weight.copy_(logit_scale * directions)
    return head
