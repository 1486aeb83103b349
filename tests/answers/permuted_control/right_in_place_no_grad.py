from copy import deepcopy


@torch.no_grad()
def permuted_control(model, generator):
    twin = deepcopy(model)
    for p in filter(lambda p: p.dim() > 1, twin.parameters()):
        p.copy_(p.reshape(-1)[torch.randperm(p.numel(), generator=generator)].reshape(p.shape))
    for m in twin.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats:
            m.running_mean.zero_()
            m.running_var.fill_(1)
    return twin
