import copy

import torch


def permuted_control(model, generator):
    result = copy.deepcopy(model)
    with torch.no_grad():
        for p in result.parameters():
            if len(p.shape) < 2:
                continue
            numbers = p.numpy().ravel()
            p.copy_(torch.from_numpy(numbers[torch.randperm(len(numbers), generator=generator).numpy()]).view(p.shape))
        for name, buffer in result.named_buffers():
            if name.endswith("running_mean"):
                buffer.fill_(0.0)
            elif name.endswith("running_var"):
                buffer.fill_(1.0)
    return result
