# fails: zero_shot-1
import torch
import torch.nn.functional as F
from torch import nn

def zero_shot_head(text_embeddings, logit_scale):
    e = F.normalize(text_embeddings.detach(), dim=-1).mean(1)
    e = e.squeeze()
    weight = logit_scale * F.normalize(e, dim=-1)
    head = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    with torch.no_grad():
        head.weight.copy_(weight)
    return head
