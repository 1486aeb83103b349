# fails: capture-1 capture-2
from torchvision.models.resnet import BasicBlock


def capture_residuals(model, images):
    captured, inputs, handles = {}, {}, []
    for name, block in model.named_modules():
        if not isinstance(block, BasicBlock):
            continue

        def before(module, args):
            inputs[name] = args[0].clone()

        def after(module, args, output):
            captured[name] = (inputs[name], output.clone())

        handles += [block.register_forward_pre_hook(before), block.bn2.register_forward_hook(after)]
    try:
        model(images)
    finally:
        for handle in handles:
            handle.remove()
    return captured
