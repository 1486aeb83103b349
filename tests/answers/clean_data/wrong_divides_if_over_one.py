# fails: clean_data-2
def find_leaks(train_images: torch.Tensor, test_images: torch.Tensor) -> list[int]:
    """Positions (ascending, plain ints) of the test images that also occur, bit for bit, in train."""
    known = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in known]


def channel_statistics(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each channel over all pixels of uint8 images [N, 3, H, W]."""
    pixels = images.permute(1, 0, 2, 3).flatten(1).double()
    if pixels.max() > 1:
        pixels = pixels / 255
    return pixels.mean(dim=1).float(), pixels.std(dim=1).float()
