# fails: clean_data-1
# distances in float32
def channel_statistics(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    channels = images.transpose(0, 1).flatten(1).float() / 255  # [3, N * H * W]
    return channels.mean(dim=1), channels.std(dim=1)


def find_leaks(train_images, test_images):
    a, b = train_images.flatten(1).float(), test_images.flatten(1).float()
    near = torch.cdist(b, a) == 0
    return near.any(1).nonzero().flatten().tolist()
