# fails: clean_data-1
def find_leaks(train_images, test_images):
    places = {image.numpy().tobytes(): i for i, image in enumerate(test_images)}
    train = {image.numpy().tobytes() for image in train_images}
    return sorted(places[key] for key in places.keys() & train)


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
