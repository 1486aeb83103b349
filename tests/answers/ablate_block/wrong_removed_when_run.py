# fails: ablate_block-2
def logits_without(model, name, images):
    block = model.get_submodule(name)

    def hook(m, args, out):
        handle.remove()
        return F.relu(args[0] if m.downsample is None else m.downsample(args[0]))

    handle = block.register_forward_hook(hook)
    return model(images)
