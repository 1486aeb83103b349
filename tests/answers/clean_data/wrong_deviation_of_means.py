# fails: clean_data-2
def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    means = (images.float() / 255).mean(dim=(2, 3))
    return means.mean(dim=0), means.std(dim=0)
