import io


def permuted_control(model, generator):
    box = io.BytesIO()
    torch.save(model, box)
    box.seek(0)
    new = torch.load(box, weights_only=False)
    with torch.no_grad():
        for p in new.parameters():
            if len(p.shape) >= 2:
                order = torch.multinomial(torch.ones(p.numel()), p.numel(), generator=generator)
                p[...] = p.reshape(-1)[order].reshape(p.shape)
    for m in new.modules():
        if isinstance(m, torch.nn.modules.batchnorm._BatchNorm) and m.track_running_stats:
            m.reset_running_stats()
    return new
