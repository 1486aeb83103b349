import numpy as np
import torch
from torch import nn


def zero_shot_head(text_embeddings, logit_scale):
    t = text_embeddings.numpy().astype(np.float64)
    t = t / np.sqrt(np.einsum("cpd,cpd->cp", t, t))[..., None]
    mean = np.average(t, axis=1)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    head = nn.Linear(mean.shape[1], mean.shape[0], bias=False)
    head.weight = nn.Parameter(torch.tensor(mean * logit_scale, dtype=torch.float32))
    return head
