import contextlib


@contextlib.contextmanager
def zeroed(norm):
    kept = {key: value.clone() for key, value in (("weight", norm.weight.data), ("bias", norm.bias.data))}
    try:
        norm.weight.data.zero_(), norm.bias.data.zero_()
        yield
    finally:
        norm.weight.data.copy_(kept["weight"]), norm.bias.data.copy_(kept["bias"])


def logits_without(model, name, images):
    block = model.get_submodule(name)
    *_, last = (module for key, module in block.named_children() if key.startswith("bn"))
    with zeroed(last):
        return model(images)
