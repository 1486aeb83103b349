# digests in a set
import hashlib


def fingerprint(image):
    return hashlib.sha256(bytes(image.flatten().tolist())).hexdigest()


def find_leaks(train_images, test_images):
    known = set(map(fingerprint, train_images))
    return [i for i in range(len(test_images)) if fingerprint(test_images[i]) in known]


def channel_statistics(images):
    total, squares = images.sum(dim=(0, 2, 3)), images.long().square().sum(dim=(0, 2, 3))
    n = images.numel() // 3
    mean = total.double() / n
    return mean / 255, (squares.double() / n - mean**2).sqrt() / 255
