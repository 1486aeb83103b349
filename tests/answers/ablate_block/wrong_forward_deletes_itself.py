# fails: ablate_block-2
def logits_without(model, name, images):
    block = model.get_submodule(name)

    def forward(x):
        del block.forward
        return F.relu(x if block.downsample is None else block.downsample(x))

    block.forward = forward
    return model(images)
