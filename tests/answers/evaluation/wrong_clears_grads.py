# fails: evaluation-2
# gradients of the model are cleared
def evaluate(model, batches):
    was = model.training
    model.eval()
    model.zero_grad()
    s, c, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            out = model(x)
            s += F.cross_entropy(out, y, reduction="sum").item()
            c += (out.argmax(1) == y).sum().item()
            n += len(y)
    model.train(was)
    return s / n, c / n
