# fails: clean_data-2
def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    c = images.transpose(0, 1).flatten(1).float() / images.max()
    return c.mean(1), c.std(1)
