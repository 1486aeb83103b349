# fails: capture-1
from torchvision.models.resnet import BasicBlock as B


def capture_residuals(model, images):
    xs, rs, hs = {}, {}, []
    try:
        for n, m in model.named_modules():
            if isinstance(m, B):
                hs.append(m.register_forward_pre_hook(lambda _, a, n=n: xs.__setitem__(n, a[0])))
                hs.append(m.bn2.register_forward_hook(lambda _, a, o, n=n: rs.__setitem__(n, o.clone())))
        model(images)
    finally:
        for h in hs:
            h.remove()
    return {n: (xs[n], rs[n]) for n in xs}
