# probabilities by lgamma
from math import exp, lgamma, log


def mcnemar(first, second, labels):
    gain = (first == labels).int() - (second == labels).int()
    b, c = int((gain == 1).sum()), int((gain == -1).sum())
    n = b + c

    def probability(i):
        return exp(lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) - n * log(2))

    return b, c, float(min(1, 2 * sum(probability(i) for i in range(min(b, c) + 1))))
