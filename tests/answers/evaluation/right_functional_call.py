# functional_call with detached tensors
import torch
import torch.nn.functional as F
from torch.func import functional_call


def evaluate(model, batches):
    tensors = {name: t.detach() for name, t in [*model.named_parameters(), *model.named_buffers()]}
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        pairs = [(functional_call(model, tensors, (x,)), y) for x, y in batches]
    finally:
        for module, mode in modes:
            module.training = mode
    logits = torch.cat([z for z, _ in pairs])
    labels = torch.cat([y for _, y in pairs])
    return F.cross_entropy(logits, labels).item(), (logits.argmax(1) == labels).double().mean().item()
