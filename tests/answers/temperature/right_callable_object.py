# a grid that is made ever finer, from an object
import torch
import torch.nn.functional as F


class Search:
    def __init__(self, rounds):
        self.rounds = rounds

    def __call__(self, logits, labels):
        low, high = -4.0, 5.0
        for _ in range(self.rounds):
            grid = torch.linspace(low, high, 30, dtype=torch.double)
            scaled = logits.double().unsqueeze(0) / grid.exp()[:, None, None]
            losses = torch.stack([F.cross_entropy(one, labels) for one in scaled])
            best, step = grid[losses.argmin()].item(), (high - low) / 29
            low, high = best - step, best + step
        return torch.tensor(best).exp().item()


find_temperature = Search(rounds=4)
