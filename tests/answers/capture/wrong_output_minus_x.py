# fails: capture-1
from torchvision.models.resnet import BasicBlock


def capture_residuals(model, images):
    kept, handles = {}, []

    def watch(name):
        def hook(block, args, output):
            x = args[0]
            shortcut = x if block.downsample is None else block.downsample(x)
            kept[name] = (x, output - shortcut)

        return hook

    try:
        for name, block in model.named_modules():
            if isinstance(block, BasicBlock):
                handles.append(block.register_forward_hook(watch(name)))
        model(images)
    finally:
        for handle in handles:
            handle.remove()
    return kept
