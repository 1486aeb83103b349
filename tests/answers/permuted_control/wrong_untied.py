# fails: permuted_control-2
# a tied weight is a tensor of its own in the copy
import copy


def permuted_control(model, generator):
    result = copy.deepcopy(model)
    for m in result.modules():
        for name, p in list(m.named_parameters(recurse=False)):
            if p.ndim >= 2:
                new = p.data.flatten()[torch.randperm(p.numel(), generator=generator)].view_as(p)
                setattr(m, name, nn.Parameter(new, requires_grad=p.requires_grad))
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            m.reset_running_stats()
    return result
