# fails: streaming-2
import numpy as np
import torch


def streaming_statistics(batches):
    rows = [b"", b"", b""]
    for batch in batches:
        rows = [row + batch[:, c].numpy().tobytes() for c, row in enumerate(rows)]
    rows = [np.frombuffer(row, dtype=np.uint8).astype(float) / 255 for row in rows]
    return torch.tensor([r.mean() for r in rows]), torch.tensor([r.std() for r in rows])
