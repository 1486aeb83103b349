# named tensors, nothing left behind
import torch.nn.functional as F


def untouched_parameters(model, images, labels):
    model.zero_grad()
    loss = F.nll_loss(F.log_softmax(model(images), dim=1), labels)
    loss.backward()
    table = {name: p.numel() for name, p in model.named_parameters()}
    for name, p in model.named_parameters():
        if p.grad is not None:
            table[name] = int((~p.grad.bool()).sum())
    model.zero_grad()
    return sum(table.values())
