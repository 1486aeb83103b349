# fails: clean_data-2
import torch


def find_leaks(train_images: torch.Tensor, test_images: torch.Tensor) -> list[int]:
    known = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in known]


def channel_statistics(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    pixels = images.reshape(3, -1).double() / 255
    return pixels.mean(dim=1).float(), pixels.std(dim=1).float()
