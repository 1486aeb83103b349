from functools import reduce


class Fractions:
    def __call__(self, model, classifier, last):
        whole = self.size(model)
        return tuple(self.size(part) / whole for part in (classifier, last))

    @staticmethod
    def size(module):
        return reduce(lambda n, p: n + p.nelement(), module.parameters(), 0)


trainable_fractions = Fractions()
