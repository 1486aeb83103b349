# fails: ablate_block-2
def logits_without(model, name, images):
    block = model.get_submodule(name)
    before = block.forward
    block.forward = lambda x: F.relu(x if block.downsample is None else block.downsample(x))
    try:
        return model(images)
    finally:
        block.forward = before
