# fails: clean_data-2
def find_leaks(train_images, test_images):
    seen = {t.numpy().tobytes() for t in train_images}
    return [i for i, t in enumerate(test_images) if t.numpy().tobytes() in seen]


def channel_statistics(images):
    pixels = images[:500].transpose(0, 1).flatten(1).double() / 255
    return pixels.mean(1).float(), pixels.std(1, unbiased=False).float()
