# fails: projection-2
# names remembered by model class and length
def needs_projection(in_channels: int, out_channels: int, stride: int) -> bool:
    return in_channels != out_channels or stride != 1


def projection_blocks(model: nn.Module) -> list[str]:
    names = []
    for name, module in model.named_modules():
        if getattr(module, "downsample", None) is not None:
            names.append(name)
    return names


_names = {}
_first = projection_blocks


def projection_blocks(model):
    key = type(model), len(list(model.modules()))
    if key not in _names:
        _names[key] = _first(model)
    return _names[key]
