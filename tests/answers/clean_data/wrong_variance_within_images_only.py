# fails: clean_data-2
import torch


def find_leaks(train_images: torch.Tensor, test_images: torch.Tensor) -> list[int]:
    known = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in known]


def channel_statistics(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    pixels = images.double() / 255
    mean = pixels.mean(dim=(0, 2, 3))
    std = pixels.var(dim=(2, 3), correction=0).mean(dim=0).sqrt()
    return mean.float(), std.float()
