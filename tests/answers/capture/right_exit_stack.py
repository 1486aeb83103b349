import contextlib

import torch
from torchvision.models import resnet


def capture_residuals(model, images):
    found = {}
    with contextlib.ExitStack() as stack, torch.no_grad():
        for name, block in model.named_modules():
            if not isinstance(block, resnet.BasicBlock):
                continue
            pair = found[name] = []
            first = block.conv1.register_forward_pre_hook(lambda _, a, pair=pair: pair.append(a[0] + 0))
            stack.callback(first.remove)
            last = block.bn2.register_forward_hook(lambda _, a, out, pair=pair: pair.append(out + 0))
            stack.callback(last.remove)
        model(images)
    return {name: tuple(pair) for name, pair in found.items()}
