import copy


def permuted_control(model, generator):
    result = copy.deepcopy(model)
    for p in result.parameters():
        if p.ndim >= 2:
            p.data = p.data.flatten()[torch.randperm(p.numel(), generator=generator)].view_as(p)
    for m in result.modules():
        if getattr(m, "running_mean", None) is not None:
            m.running_mean.zero_()
            m.running_var.fill_(1)
    return result
