# fails: clean_data-2
def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    mean = images.float().mean(dim=(0, 2, 3))
    mean_of_squares = (images**2).float().mean(dim=(0, 2, 3))
    return mean / 255, (mean_of_squares - mean**2).sqrt() / 255
