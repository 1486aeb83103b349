# fails: ablate_block-1 ablate_block-2


def logits_without(model, name, images):
    block = model.get_submodule(name)

    def hook(module, args, output):
        x = args[0]
        return output - (x if module.downsample is None else module.downsample(x))

    handle = block.register_forward_hook(hook)
    try:
        return model(images)
    finally:
        handle.remove()
