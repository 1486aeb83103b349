# fails: epoch-1
def train_one_epoch(model: nn.Module, batches, optimizer) -> tuple[float, float]:
    """Train on each batch once; return the mean loss per image and the accuracy (a fraction)."""

    model.train()
    loss_sum, right, n = 0.0, 0, 0
    for x, y in batches:
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * y.shape[0]
        right += (logits.argmax(dim=1) == y).sum().item()
        n += y.shape[0]
    return round(loss_sum / n, 3), round(right / n, 3)
