# a new state dict
import copy

import torch


def permuted_control(model, generator):
    names = {name for name, p in model.named_parameters() if p.ndim > 1}
    state = {}
    for name, tensor in model.state_dict().items():
        state[name] = tensor.clone()
        if name in names:
            order = torch.randperm(tensor.numel(), generator=generator)
            state[name] = tensor.reshape(-1)[order].view(tensor.shape)
        elif name.endswith("running_mean") or name.endswith("num_batches_tracked"):
            state[name] = torch.zeros_like(tensor)
        elif name.endswith("running_var"):
            state[name] = torch.ones_like(tensor)
    control = copy.deepcopy(model)
    control.load_state_dict(state)
    return control
