# fails: ablate_block-1
# the stand-in is in training mode and its norms move
def logits_without(model, name, images):
    parent, _, child = name.rpartition(".")
    block = model.get_submodule(name)

    class Way(nn.Module):
        def forward(self, x):
            if block.downsample is None:
                return F.relu(x)
            conv, bn = block.downsample
            return F.relu(
                F.batch_norm(conv(x), bn.running_mean, bn.running_var, bn.weight, bn.bias, False, 0.1, bn.eps)
            )

    setattr(model.get_submodule(parent), child, Way())
    try:
        return model(images)
    finally:
        setattr(model.get_submodule(parent), child, block)
