# fails: permuted_control-1
# kernels are drawn from torch's own generator
import copy


def permuted_control(model, generator):
    result = copy.deepcopy(model)
    for p in result.parameters():
        if p.ndim >= 2:
            order = torch.randperm(p.numel(), generator=generator if p.ndim == 2 else None)
            p.data = p.data.flatten()[order].view_as(p)
    for m in result.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            m.reset_running_stats()
    return result
