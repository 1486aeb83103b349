# fails: capture-2
from torchvision.models.resnet import BasicBlock


def capture_residuals(model, images):
    pairs = {}
    for name, block in model.named_modules():
        if not isinstance(block, BasicBlock):
            continue
        seen = {}
        first = block.register_forward_pre_hook(lambda _, args: seen.update(x=args[0].clone()))
        second = block.bn2.register_forward_hook(lambda _, a, output: seen.update(f=output.clone()))
        try:
            model(images)
        finally:
            first.remove()
            second.remove()
        pairs[name] = (seen["x"], seen["f"])
    return pairs
