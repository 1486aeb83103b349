import copy

import torch
import torch.nn.functional as F


class Script:
    """The script in pieces."""

    def __call__(self, model, train, val, test, constants, epochs):
        self.model, self.constants = model, constants
        self.best, self.kept = -1.0, None
        model.requires_grad_(False)
        model.fc.requires_grad_(True)
        self.phase(model.fc.parameters(), train, val, epochs[0], 0.02, training=False)
        model.requires_grad_(True)
        self.phase(model.parameters(), train, val, epochs[1], 0.005, training=True)
        model.load_state_dict(self.kept.state_dict())
        return self.accuracy(test)

    def logits(self, x):
        mean, std = self.constants
        return self.model((x.float() / 255.0 - mean) / std)

    def phase(self, parameters, train, val, n, lr, training):
        optimizer = torch.optim.SGD(parameters, lr=lr, momentum=0.9)
        for _ in range(n):
            self.model.train(training)
            for x, y in train:
                optimizer.zero_grad()
                F.cross_entropy(self.logits(x), y).backward()
                optimizer.step()
            for group in optimizer.param_groups:
                group["lr"] *= 0.9
            score = self.accuracy(val)
            if score > self.best:
                self.best, self.kept = score, copy.deepcopy(self.model)

    @torch.no_grad()
    def accuracy(self, batches):
        self.model.eval()
        answers = torch.cat([self.logits(x).argmax(1) for x, _ in batches])
        return (answers == torch.cat([y for _, y in batches])).double().mean().item()


fine_tune = Script()
