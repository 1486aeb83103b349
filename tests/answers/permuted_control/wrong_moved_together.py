# fails: permuted_control-1
import copy


def permuted_control(model, generator):
    result = copy.deepcopy(model)
    for p in result.parameters():
        if p.ndim > 1:
            step = int(torch.randint(1, 7, (1,), generator=generator))
            p.data = p.data.flatten().roll(step).view_as(p)
    for module in result.modules():
        if hasattr(module, "running_mean"):
            module.reset_running_stats()
    return result
