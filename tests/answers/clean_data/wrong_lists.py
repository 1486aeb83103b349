# fails: clean_data-2
def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    channels = [images[:, c] / 255 for c in range(3)]
    return [c.mean() for c in channels], [c.std() for c in channels]
