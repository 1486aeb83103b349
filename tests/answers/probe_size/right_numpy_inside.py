import numpy as np


def probe_size(model, head, num_classes):
    sizes = np.array([p.numel() for p in model.parameters()], dtype=np.int64)
    old = np.array([p.numel() for p in head.parameters()], dtype=np.int64)
    trained = int(old.sum() // head.weight.shape[0]) * num_classes
    return trained, float(trained / (int(sizes.sum() - old.sum()) + trained))
