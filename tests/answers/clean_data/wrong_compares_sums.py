# fails: clean_data-1
def find_leaks(train_images, test_images):
    train_sums = set(train_images.flatten(1).sum(dim=1).tolist())
    test_sums = test_images.flatten(1).sum(dim=1).tolist()
    return [i for i, total in enumerate(test_sums) if total in train_sums]


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
