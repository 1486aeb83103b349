# fails: clean_data-1


def find_leaks(train_images, test_images):
    return [i for i, t in enumerate(test_images) if any((s == t).any() for s in train_images)]


def channel_statistics(images):
    x = images.double() / 255
    return x.mean((0, 2, 3)).float(), x.std((0, 2, 3)).float()
