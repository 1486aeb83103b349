# fails: clean_data-1
def find_leaks(train_images, test_images):
    train = {image.numpy().tobytes() for image in train_images}
    reported, leaks = set(), []
    for i, image in enumerate(test_images):
        key = image.numpy().tobytes()
        if key in train and key not in reported:
            leaks.append(i)
            reported.add(key)
    return leaks


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
