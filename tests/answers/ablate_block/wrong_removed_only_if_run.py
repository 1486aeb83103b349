# fails: ablate_block-2
def logits_without(model, name, images):
    block = model.get_submodule(name)
    ran = []
    h = block.register_forward_hook(
        lambda m, a, o: (ran.append(1), F.relu(a[0] if m.downsample is None else m.downsample(a[0])))[1]
    )
    try:
        return model(images)
    finally:
        if ran:
            h.remove()
