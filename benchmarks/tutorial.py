"""The loop that everybody writes: the baseline, plainly, in our own words."""

from __future__ import annotations

import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

BATCH_SIZE = 64
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Pictures(Dataset):
    """Images in memory, one at a time through PIL, as ``torchvision.datasets.CIFAR10`` does it."""

    def __init__(self, images, labels, transform):
        self.images = images.permute(0, 2, 3, 1).numpy()
        self.labels = labels.tolist()
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(Image.fromarray(self.images[i])), self.labels[i]


def loader(image_set, augment: bool) -> DataLoader:
    """Batches for training: shuffled; with ``augment`` shifted and mirrored."""
    steps = [transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip()] if augment else []
    steps += [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    pictures = Pictures(image_set.images, image_set.labels, transforms.Compose(steps))
    return DataLoader(pictures, batch_size=BATCH_SIZE, shuffle=True)


def freeze(model: nn.Module, head: nn.Module) -> None:
    for parameter in model.parameters():
        parameter.requires_grad = False
    for parameter in head.parameters():
        parameter.requires_grad = True


def train_epoch(model, batches, optimizer, device) -> tuple[float, float]:
    """One epoch; returns mean loss and accuracy."""
    model.train()
    criterion = nn.CrossEntropyLoss()
    running_loss, correct, total = 0.0, 0, 0
    for images, labels in batches:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        correct += (outputs.argmax(1) == labels).sum().item()
        total += len(labels)
    return running_loss / len(batches), correct / total


def evaluate(model, batches, device) -> float:
    """Accuracy."""
    model.eval()
    correct, total = 0, 0
    with torch.no_grad():
        for images, labels in batches:
            images, labels = images.to(device), labels.to(device)
            correct += (model(images).argmax(1) == labels).sum().item()
            total += len(labels)
    return correct / total
