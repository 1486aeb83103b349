# fails: clean_data-1
def find_leaks(train_images, test_images):
    train_means = {tuple(m.tolist()) for m in train_images.float().mean(dim=(2, 3))}
    test_means = [tuple(m.tolist()) for m in test_images.float().mean(dim=(2, 3))]
    return [i for i, mean in enumerate(test_means) if mean in train_means]


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
