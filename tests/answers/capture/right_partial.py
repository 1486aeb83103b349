from functools import partial

from torchvision.models import resnet


def keep(store, name, module, inputs, output=None):
    store.setdefault(name, []).append((inputs[0] if output is None else output).detach().clone())


def capture_residuals(model, images):
    store, handles = {}, []
    try:
        for name, block in model.named_modules():
            if not issubclass(type(block), resnet.BasicBlock):
                continue
            handles.append(block.register_forward_pre_hook(partial(keep, store, name)))
            handles.append(block.bn2.register_forward_hook(partial(keep, store, name)))
        model(images)
        return {name: (x, f) for name, (x, f) in store.items()}
    finally:
        [handle.remove() for handle in handles]
