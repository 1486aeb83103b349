from fractions import Fraction


class McNemar:
    def __call__(self, first, second, labels):
        right = [(a == y, b == y) for a, b, y in zip(first.tolist(), second.tolist(), labels.tolist())]
        counts = right.count((True, False)), right.count((False, True))
        return *counts, float(min(1, 2 * self.tail(*sorted(counts))))

    def tail(self, low, high):
        chance, total = Fraction(1, 2 ** (low + high)), Fraction(0)
        for heads in range(low + 1):
            total += chance
            chance *= Fraction(low + high - heads, heads + 1)
        return total


mcnemar = McNemar()
