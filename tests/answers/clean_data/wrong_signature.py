# fails: clean_data-1
def find_leaks(splits):
    seen = {image.numpy().tobytes() for image in splits.train.images}
    return [i for i, image in enumerate(splits.test.images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
