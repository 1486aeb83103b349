# fails: clean_data-2
import torch


def find_leaks(train_images: torch.Tensor, test_images: torch.Tensor) -> list[int]:
    known = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in known]


def channel_statistics(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    pixels = images.permute(1, 0, 2, 3).flatten(1).float() / 255
    mean = pixels.mean(dim=1)
    std = (pixels.square().mean(dim=1) - mean.square()).sqrt()
    return mean, std
