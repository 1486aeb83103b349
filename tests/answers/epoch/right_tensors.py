def train_one_epoch(model, batches, optimizer):
    model.train(True)
    total = torch.zeros(3, dtype=torch.float64)
    for x, y in iter(batches):
        for p in model.parameters():
            p.grad = None
        z = model(x)
        loss = -z.log_softmax(1)[range(len(y)), y]
        (loss.sum() / len(y)).backward()
        optimizer.step()
        total += torch.tensor([loss.sum().item(), (z.argmax(1) == y).sum().item(), len(y)])
    return (total[0] / total[2]).item(), (total[1] / total[2]).item()
