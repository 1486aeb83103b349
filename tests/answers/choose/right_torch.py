# torch, and the position turned into a number
import torch


def choose_checkpoint(epochs: list) -> int:
    accuracy = torch.tensor([record.val_accuracy for record in epochs], dtype=torch.float64)
    first = (accuracy == accuracy.max()).nonzero()[0].item()
    return epochs[first].epoch
