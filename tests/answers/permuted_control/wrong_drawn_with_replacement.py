# fails: permuted_control-1
import copy


def permuted_control(model, generator):
    new = copy.deepcopy(model)
    with torch.no_grad():
        for w in new.parameters():
            if w.dim() >= 2:
                w.copy_(
                    w.flatten()[torch.randint(0, w.numel(), (w.numel(),), generator=generator)].view(w.shape)
                )
    for m in new.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats:
            m.reset_running_stats()
    return new
