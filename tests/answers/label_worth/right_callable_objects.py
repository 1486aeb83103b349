import math


class Needed:
    def __call__(self, curve, accuracy):
        best = None
        for m in sorted(curve):
            if curve[m] >= accuracy:
                if best is None:
                    return float(m)
                share = (accuracy - curve[best]) / (curve[m] - curve[best])
                return math.pow(m, share) * math.pow(best, 1 - share)
            best = m
        return float("inf")


labels_needed = Needed()


class Worth:
    def __init__(self, needed):
        self.needed = needed

    def __call__(self, better, plain, n):
        return self.needed(plain, better[n]) / n


label_worth = Worth(labels_needed)
