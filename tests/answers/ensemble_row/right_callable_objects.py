from functools import partial


class Finder:
    def __init__(self, keep):
        self.keep = keep

    def __call__(self, records, *args):
        return [i for i, r in enumerate(records) if self.keep(r, *(records[a] for a in args))]


def alike(names, a, b):
    return all(vars_of(a)[name] == vars_of(b)[name] for name in names)


def vars_of(record):
    return {name: getattr(record, name) for name in ("networks", "crops", "split", "extra_data")}


ensemble_rows = Finder(lambda r: r.networks not in {1})
comparable_rows = Finder(partial(alike, ("extra_data", "split", "crops", "networks")))
