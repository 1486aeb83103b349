# fails: projection-2
from course_utils.analysis.residual import find_blocks


def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    found = find_blocks(model)
    return [name for name, block in found.items() if block.downsample is not None]
