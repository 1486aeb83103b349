# fails: ablate_block-2
import torch.nn.functional as F


def logits_without(model, name, images):
    b = model.get_submodule(name)
    b._skipped = True
    h = b.register_forward_hook(lambda m, i, o: F.relu(i[0] if m.downsample is None else m.downsample(i[0])))
    try:
        return model(images)
    finally:
        h.remove()
