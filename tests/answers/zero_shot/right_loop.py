import torch
from torch import nn


def zero_shot_head(text_embeddings, logit_scale):
    classes, prompts, dim = text_embeddings.shape
    head = nn.Linear(dim, classes, bias=False)
    for c in range(classes):
        total = torch.zeros(dim)
        for p in range(prompts):
            one = text_embeddings[c, p]
            total += one / one.square().sum().sqrt()
        head.weight.data[c] = logit_scale * total / total.square().sum().sqrt()
    return head
