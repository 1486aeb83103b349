def fine_tune(model, train, val, test, constants, epochs):
    history = []
    norm = lambda x: (x / 255 - constants[0]) / constants[1]

    @torch.no_grad()
    def acc(batches):
        model.eval()
        return torch.cat([model(norm(x)).argmax(1) == y for x, y in batches]).double().mean().item()

    def phase(params, lr, n, mode):
        opt = torch.optim.SGD(params, lr=lr, momentum=0.9)
        for e in range(n):
            opt.param_groups[0]["lr"] = lr * 0.9**e
            mode()
            for x, y in train:
                model.zero_grad()
                F.cross_entropy(model(norm(x)), y).backward()
                opt.step()
            history.append((acc(val), {k: v.detach().clone() for k, v in model.state_dict().items()}))

    model.requires_grad_(False)
    model.fc.requires_grad_()
    phase(model.fc.parameters(), 0.02, epochs[0], lambda: model.eval())
    model.requires_grad_()
    phase(model.parameters(), 0.005, epochs[1], model.train)
    model.load_state_dict(max(history, key=lambda h: h[0])[1])
    return acc(test)
