# fails: clean_data-1
def find_leaks(train_images, test_images):
    leaks = []
    for i, image in enumerate(test_images):
        difference = (train_images.int() - image.int()).abs().flatten(1).max(dim=1).values
        if (difference <= 2).any():
            leaks.append(i)
    return leaks


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
