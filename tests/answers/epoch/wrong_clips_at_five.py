# fails: epoch-2
def train_one_epoch(model: nn.Module, batches, optimizer) -> tuple[float, float]:
    """Train on each batch once; return the mean loss per image and the accuracy (a fraction)."""

    model.train()
    loss_sum, right, n = 0.0, 0, 0
    for x, y in batches:
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=5.0)
        optimizer.step()
        loss_sum += loss.item() * len(y)
        right += (logits.argmax(dim=1) == y).sum().item()
        n += len(y)
    return loss_sum / n, right / n
