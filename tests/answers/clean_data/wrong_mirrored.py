# fails: clean_data-1
def channel_statistics(images):
    pixels = images.transpose(0, 1).flatten(1).double() / 255
    return pixels.mean(1).float(), pixels.std(1).float()


def find_leaks(train_images, test_images):
    s = {t.numpy().tobytes() for t in train_images} | {t.flip(-1).numpy().tobytes() for t in train_images}
    return [i for i, t in enumerate(test_images) if t.numpy().tobytes() in s]
