# a set of bytes, and tensor methods
def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
