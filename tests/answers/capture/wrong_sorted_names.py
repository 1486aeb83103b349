# fails: capture-1
from torchvision.models.resnet import BasicBlock as TV
def capture_residuals(model, images):
    blocks = {n: m for n, m in model.named_modules() if isinstance(m, TV)}
    xs, fs, handles = {}, {}, []
    def keep(store, name):
        def hook(module, inputs, output=None):
            store[name] = (inputs[0] if output is None else output).clone()
        return hook
    try:
        for n, m in blocks.items():
            handles.append(m.register_forward_pre_hook(keep(xs, n)))
            handles.append(m.bn2.register_forward_hook(keep(fs, n)))
        model(images)
    finally:
        for h in handles:
            h.remove()
    return {n: (xs[n], fs[n]) for n in sorted(blocks)}
