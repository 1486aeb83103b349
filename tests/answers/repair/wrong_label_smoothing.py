# fails: repair-1 repair-2
import torch
import torch.nn.functional as F


def fine_tune(model, train, val, test, constants, epochs):
    mean, std = constants
    f = lambda x: model((x / 255 - mean) / std)

    def acc(bs):
        model.eval()
        with torch.no_grad():
            return sum((f(x).argmax(1) == y).sum().item() for x, y in bs) / sum(len(y) for _, y in bs)

    best = -1.0
    for fr, ne, lr in ((True, epochs[0], 0.02), (False, epochs[1], 0.005)):
        for n, p in model.named_parameters():
            p.requires_grad = n.startswith("fc.") or not fr
        o = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=lr, momentum=0.9)
        s = torch.optim.lr_scheduler.ExponentialLR(o, 0.9)
        for _ in range(ne):
            model.train(not fr)
            for x, y in train:
                o.zero_grad()
                F.cross_entropy(f(x), y, label_smoothing=0.1).backward()
                o.step()
            s.step()
            a = acc(val)
            if a > best:
                best, kept = a, {k: t.clone() for k, t in model.state_dict().items()}
    model.load_state_dict(kept)
    return acc(test)
