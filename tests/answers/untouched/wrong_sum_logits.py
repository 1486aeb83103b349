# fails: untouched-1
# the sum of the logits
def untouched_parameters(model, images, labels):
    model.zero_grad()
    model(images).sum().backward()
    return sum(p.numel() if p.grad is None else int((p.grad == 0).sum()) for p in model.parameters())
