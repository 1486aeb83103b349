# fails: capture-2
from torchvision.models.resnet import BasicBlock as TVBlock


def capture_residuals(model, images):
    xs, fs, hs = {}, {}, []
    for n, m in model.named_modules():
        if isinstance(m, TVBlock):
            hs += [
                m.register_forward_pre_hook(lambda mod, a, n=n: xs.__setitem__(n, a[0].clone())),
                m.bn2.register_forward_hook(lambda mod, a, o, n=n: fs.__setitem__(n, o.clone())),
            ]
    try:
        model(images)
    finally:
        if fs:
            for h in hs:
                h.remove()
    return {n: (xs[n], fs[n]) for n in xs}
