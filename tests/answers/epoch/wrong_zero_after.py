# fails: epoch-2
# gradients are cleared after the step: those left before the first stay
def train_one_epoch(model, batches, optimizer):
    model.train()
    s, c, n = 0.0, 0, 0
    for x, y in batches:
        out = model(x)
        loss = F.cross_entropy(out, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        s += loss.item() * len(y)
        c += (out.argmax(1) == y).sum().item()
        n += len(y)
    return s / n, c / n
