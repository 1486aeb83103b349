# fails: clean_data-1
def find_leaks(train_images, test_images):
    same = test_images[:, None] == train_images[None]
    return list(same.flatten(2).all(dim=2).any(dim=1).nonzero().flatten())


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
