# fails: clean_data-1
def channel_statistics(images):
    x = images.double().transpose(0, 1).flatten(1) / 255
    return x.mean(1).float(), x.std(1, correction=0).float()


def find_leaks(train_images, test_images):
    def mark(t):
        t = t.long()
        return (tuple(t.sum(1).flatten().tolist()), tuple(t.sum(2).flatten().tolist()))

    known = {mark(t) for t in train_images}
    return [i for i, t in enumerate(test_images) if mark(t) in known]
