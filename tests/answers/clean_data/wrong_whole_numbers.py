# fails: clean_data-2
def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    pixels = images.numel() // 3
    mean = images.sum(dim=(0, 2, 3)) // pixels
    return mean / 255, images.float().std(dim=(0, 2, 3)) / 255
