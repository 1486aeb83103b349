# fails: epoch-2
def train_one_epoch(model: nn.Module, batches, optimizer) -> tuple[float, float]:
    """Train on each batch once; return the mean loss per image and the accuracy (a fraction)."""

    for module in model.modules():
        module.training = any(p.requires_grad for p in module.parameters())
    loss_sum, right, n = 0.0, 0, 0
    for x, y in batches:
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(y)
        right += (logits.argmax(dim=1) == y).sum().item()
        n += len(y)
    return loss_sum / n, right / n
