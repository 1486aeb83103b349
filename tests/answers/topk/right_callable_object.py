import torch


class TopK:
    def __init__(self, largest=True):
        self.largest = largest

    def __call__(self, logits, labels, k):
        order = torch.sort(logits, dim=1, descending=self.largest).indices
        place = (order == labels[:, None]).int().argmax(dim=1)
        return place.lt(k).float().mean().item()


topk_accuracy = TopK()
