import contextlib

from torchvision.models.resnet import BasicBlock


@contextlib.contextmanager
def watched(blocks, seen):
    handles = []

    def enter(name, args):
        seen[name] = [args[0].clone()]

    def leave(name, output):
        seen[name].append(output.clone())

    try:
        for name, block in blocks.items():
            handles += [
                block.conv1.register_forward_pre_hook(lambda _, args, name=name: enter(name, args)),
                block.bn2.register_forward_hook(lambda _, args, y, name=name: leave(name, y)),
            ]
        yield
    finally:
        while handles:
            handles.pop().remove()


def capture_residuals(model, images):
    seen = {}
    with watched({n: m for n, m in model.named_modules() if isinstance(m, BasicBlock)}, seen):
        model(images)
    return {name: tuple(pair) for name, pair in seen.items()}
