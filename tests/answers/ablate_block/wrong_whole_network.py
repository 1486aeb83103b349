# fails: ablate_block-1 ablate_block-2
def logits_without(model, name, images):
    return model(images)
