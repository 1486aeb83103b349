# fails: clean_data-2


def find_leaks(train_images, test_images):
    seen = {t.numpy().tobytes() for t in train_images}
    return [i for i, t in enumerate(test_images) if t.numpy().tobytes() in seen]


def channel_statistics(images):
    x = (images // 255).double()
    return x.mean((0, 2, 3)).float(), x.std((0, 2, 3)).float()
