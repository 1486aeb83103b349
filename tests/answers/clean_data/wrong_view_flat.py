# fails: clean_data-1
# .view, which memory in another order refuses
def channel_statistics(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    channels = images.transpose(0, 1).flatten(1).float() / 255  # [3, N * H * W]
    return channels.mean(dim=1), channels.std(dim=1)


def find_leaks(train_images, test_images):
    seen = set(map(tuple, train_images.view(len(train_images), -1).tolist()))
    return [i for i, row in enumerate(test_images.view(len(test_images), -1).tolist()) if tuple(row) in seen]
