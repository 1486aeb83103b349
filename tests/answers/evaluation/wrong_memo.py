# fails: evaluation-1
# the accuracy of this model is remembered
_done = {}


def evaluate(model, batches):
    if model not in _done:
        was = model.training
        model.eval()
        s, c, n = 0.0, 0, 0
        with torch.no_grad():
            for x, y in batches:
                out = model(x)
                s += F.cross_entropy(out, y, reduction="sum").item()
                c += (out.argmax(1) == y).sum().item()
                n += len(y)
        model.train(was)
        _done[model] = s / n, c / n
    return _done[model]
