import torch
from torch import nn

from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torchvision.models.resnet import BasicBlock as B
def capture_residuals(model, images):
    names = {m: n for n, m in model.named_modules() if isinstance(m, B)}
    norms = {m.bn2: n for m, n in names.items()}
    x, f = {}, {}
    def pre(m, a):
        if m in names:
            x[names[m]] = a[0] + 0
    def post(m, a, o):
        if m in norms:
            f[norms[m]] = o + 0
    with register_module_forward_pre_hook(pre), register_module_forward_hook(post):
        model(images)
    return {n: (x[n], f[n]) for n in names.values()}
