# a generator of logits, numpy
import numpy as np
import torch


def logits_of(model, batches):
    with torch.inference_mode():
        for x, y in batches:
            yield model(x).numpy().astype(np.float64), y.numpy()


def evaluate(model, batches):
    mode = model.training
    logits, labels = zip(*logits_of(model.eval(), batches))
    model.train(mode)
    logits, labels = np.concatenate(logits), np.concatenate(labels)
    highest = logits.max(axis=1, keepdims=True)
    log_sum = highest[:, 0] + np.log(np.exp(logits - highest).sum(axis=1))
    loss = (log_sum - logits[np.arange(len(labels)), labels]).mean()
    return float(loss), float((logits.argmax(axis=1) == labels).mean())
