# fails: clean_data-1
def find_leaks(train_images, test_images):
    seen = {str(t) for t in train_images}
    return [i for i, t in enumerate(test_images) if str(t) in seen]


def channel_statistics(images):
    pixels = images.transpose(0, 1).flatten(1).double() / 255
    return pixels.mean(1).float(), pixels.std(1, unbiased=False).float()
