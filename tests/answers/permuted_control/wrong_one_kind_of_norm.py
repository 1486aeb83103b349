# fails: permuted_control-2
import copy


def permuted_control(model, generator):
    result = copy.deepcopy(model)
    for p in result.parameters():
        if p.ndim > 1:
            p.data = p.data.flatten()[torch.randperm(p.numel(), generator=generator)].view_as(p)
    for module in result.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
    return result
