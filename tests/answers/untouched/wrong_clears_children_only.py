# fails: untouched-2
import torch.nn.functional as F

def untouched_parameters(model, images, labels):
    [setattr(p, 'grad', None) for m in model.children() for p in m.parameters(recurse=False)]
    F.cross_entropy(model(images), labels).backward()
    return sum(p.numel() if p.grad is None else int((p.grad == 0).sum()) for p in model.parameters())
