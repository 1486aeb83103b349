# fails: evaluation-2
# gradients are on afterwards, also where they were off
def evaluate(model, batches):
    was = model.training
    model.eval()
    torch.set_grad_enabled(False)
    s, c, n = 0.0, 0, 0
    for x, y in batches:
        out = model(x)
        s += F.cross_entropy(out, y, reduction="sum").item()
        c += (out.argmax(1) == y).sum().item()
        n += len(y)
    torch.set_grad_enabled(True)
    model.train(was)
    return s / n, c / n
