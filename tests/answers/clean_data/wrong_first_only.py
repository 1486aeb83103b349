# fails: clean_data-1
# each train image leaks once
def channel_statistics(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    channels = images.transpose(0, 1).flatten(1).float() / 255  # [3, N * H * W]
    return channels.mean(dim=1), channels.std(dim=1)


def find_leaks(train_images, test_images):
    left = [i.numpy().tobytes() for i in train_images]
    found = []
    for i, t in enumerate(test_images):
        if (k := t.numpy().tobytes()) in left:
            left.remove(k)
            found.append(i)
    return found
