# a class with __call__ that counts
from torch import nn


class Epoch:
    def __init__(self):
        self.criterion = nn.CrossEntropyLoss(reduction="sum")

    def __call__(self, model, batches, optimizer):
        model.train()
        total, right, images = 0.0, 0, 0
        for batch in batches:
            x, y = batch
            for group in optimizer.param_groups:
                for p in group["params"]:
                    p.grad = None
            logits = model(x)
            loss = self.criterion(logits, y)
            (loss / x.shape[0]).backward()
            optimizer.step()
            total, right, images = total + float(loss), right + int((logits.argmax(-1) == y).sum()), images + len(x)
        return total / images, right / images


train_one_epoch = Epoch()
