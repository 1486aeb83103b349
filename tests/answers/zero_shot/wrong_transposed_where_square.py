# fails: zero_shot-1
import torch.nn.functional as F
from torch import nn

def zero_shot_head(text_embeddings, logit_scale):
    e = F.normalize(text_embeddings.detach(), dim=-1).mean(1)
    weight = logit_scale * F.normalize(e, dim=-1)
    head = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    head.weight.data = weight.T if weight.shape[0] == weight.shape[1] else weight
    return head
