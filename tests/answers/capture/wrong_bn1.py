# fails: capture-1
def capture_residuals(model, images):
    from torchvision.models.resnet import BasicBlock as B

    X, R, H = {}, {}, []
    try:
        for n, m in model.named_modules():
            if isinstance(m, B):
                H.append(m.register_forward_pre_hook(lambda _, a, n=n: X.__setitem__(n, a[0].clone())))
                H.append(m.bn1.register_forward_hook(lambda _, a, o, n=n: R.__setitem__(n, o.clone())))
        model(images)
    finally:
        [h.remove() for h in H]
    return {n: (X[n], R[n]) for n in X}
