# fails: clean_data-1
def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [image for image in test_images if image.numpy().tobytes() in seen]


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
