# fails: clean_data-1
def find_leaks(train_images, test_images):
    seen = set(train_images)
    return [i for i, image in enumerate(test_images) if image in seen]


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
