from functools import partial, reduce
from operator import mul


def count(outputs, parameters):
    return sum(reduce(mul, p.shape[1:], 1) * (p.shape[0] if outputs is None else outputs) for p in parameters)


def _probe(everything, model, head, num_classes):
    inside = set(head.parameters())
    trained = count(num_classes, inside)
    rest = count(everything, [p for p in model.parameters() if p not in inside])
    return trained, trained / (trained + rest)


probe_size = partial(_probe, None)
