# fails: clean_data-1
# distances in float32, by |a|^2 + |b|^2 - 2 a.b, as a product of matrices has them; pixel by pixel, so that each
# processor rounds alike
def channel_statistics(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    channels = images.transpose(0, 1).flatten(1).float() / 255  # [3, N * H * W]
    return channels.mean(dim=1), channels.std(dim=1)


def find_leaks(train_images, test_images):
    a, b = train_images.flatten(1).float(), test_images.flatten(1).float()
    squares_a, squares_b, products = torch.zeros(len(a)), torch.zeros(len(b)), torch.zeros(len(b), len(a))
    for x, y in zip(a.T, b.T):
        squares_a, squares_b, products = squares_a + x * x, squares_b + y * y, products + torch.outer(y, x)
    near = squares_b[:, None] + squares_a - 2 * products <= 0
    return near.any(1).nonzero().flatten().tolist()
