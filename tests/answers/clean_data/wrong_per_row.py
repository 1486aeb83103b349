# fails: clean_data-2
# standard deviation of rows
def find_leaks(train_images: torch.Tensor, test_images: torch.Tensor) -> list[int]:
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    v = images.float() / 255
    return v.mean((0, 2, 3)), v.std((0, 2)).mean(1)
