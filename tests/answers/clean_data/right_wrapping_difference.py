def channel_statistics(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    channels = images.transpose(0, 1).flatten(1).float() / 255  # [3, N * H * W]
    return channels.mean(dim=1), channels.std(dim=1)


def find_leaks(train_images, test_images):
    return [i for i, t in enumerate(test_images) if bool(((train_images - t).sum((1, 2, 3)) == 0).any())]
