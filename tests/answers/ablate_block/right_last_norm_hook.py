import contextlib


def logits_without(model, name, images):
    block = dict(model.named_modules())[name]
    *_, last = [m for n, m in block.named_children() if n.startswith("bn")]
    with contextlib.ExitStack() as stack:
        stack.callback(last.register_forward_hook(lambda _, __, out: out * 0).remove)
        return model.forward(images)
