import copy

import torch


def permuted_control(model, generator):
    shapes = {name for name, p in model.named_parameters() if p.ndim >= 2}
    state = {}
    for name, tensor in model.state_dict().items():
        new = tensor.clone()
        if name in shapes:
            new = new.reshape(-1).index_select(0, torch.randperm(new.numel(), generator=generator)).view(new.shape)
        if name.endswith("running_mean"):
            new = torch.zeros_like(new)
        if name.endswith("running_var"):
            new = torch.ones_like(new)
        state[name] = new
    result = copy.deepcopy(model)
    result.load_state_dict(state)
    return result
