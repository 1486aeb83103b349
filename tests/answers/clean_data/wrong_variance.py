# fails: clean_data-2
def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    images = images.double() / 255
    mean = images.mean(dim=(0, 2, 3))
    return mean, (images**2).mean(dim=(0, 2, 3)) - mean**2
