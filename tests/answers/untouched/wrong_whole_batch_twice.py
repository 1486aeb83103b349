# fails: untouched-1
def untouched_parameters(model, images, labels):
    model.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward(retain_graph=True)
    loss.backward()
    return sum(p.numel() if p.grad is None else int((p.grad == 0).sum()) for p in model.parameters())
