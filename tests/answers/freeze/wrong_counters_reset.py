# fails: freeze-2
def freeze_backbone(model, head):
    own = {id(p) for p in head.parameters()}
    for p in model.parameters():
        p.requires_grad = id(p) in own


def train_mode(model):
    model.train()
    for m in model.modules():
        ps = list(m.parameters())
        if ps and not any(p.requires_grad for p in ps):
            m.eval()
            for k in m.modules():
                if hasattr(k, "num_batches_tracked") and k.num_batches_tracked is not None:
                    k.num_batches_tracked.zero_()
