class Chain:
    def __call__(self, size, layers):
        for layer in layers:
            size = self.step(size, *layer)
        return size

    def step(self, size, kernel, stride, padding):
        padded = size + 2 * padding
        return 0 if size < 1 or padded < kernel else (padded - kernel) // stride + 1


chain_output = Chain()


def smallest_accepted(layers):
    from itertools import count

    return next(size for size in count(1) if chain_output(size, layers) > 0)
