# a class that is its own context
import torch
from torch import nn


class Evaluation:
    def __init__(self, criterion):
        self.criterion = criterion

    def __call__(self, model, batches):
        self.model, self.mode = model, model.training
        with self, torch.no_grad():
            sums = [self.batch(*batch) for batch in batches]
        loss, right, n = (sum(column) for column in zip(*sums))
        return loss / n, right / n

    def __enter__(self):
        self.model.eval()

    def __exit__(self, *_):
        self.model.train(self.mode)

    def batch(self, x, y):
        logits = self.model(x)
        return self.criterion(logits, y).item(), (logits.argmax(dim=1) == y).sum().item(), len(y)


evaluate = Evaluation(nn.CrossEntropyLoss(reduction="sum"))
