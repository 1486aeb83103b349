# fails: epoch-2
import torch
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    model.train()
    images, labels = zip(*batches)
    images, labels = torch.cat(images), torch.cat(labels)
    logits = model(images)
    loss = F.cross_entropy(logits, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), (logits.argmax(dim=1) == labels).float().mean().item()
