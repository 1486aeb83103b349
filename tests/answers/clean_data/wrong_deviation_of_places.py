# fails: clean_data-2
def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    x = images.float() / 255
    return x.mean((0, 2, 3)), x.std(0).mean((1, 2))
