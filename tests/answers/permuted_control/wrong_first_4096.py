# fails: permuted_control-1
import copy


def _reset(new):
    for m in new.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats:
            m.reset_running_stats()
    return new


def permuted_control(model, generator):
    new = copy.deepcopy(model)
    with torch.no_grad():
        for w in new.parameters():
            if w.dim() >= 2:
                v = w.flatten()
                k = min(len(v), 4096)
                w.copy_(torch.cat([v[:k][torch.randperm(k, generator=generator)], v[k:]]).view(w.shape))
    return _reset(new)
