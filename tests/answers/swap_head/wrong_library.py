# fails: swap_head-1 swap_head-2
from course_utils.models.heads import replace_head


def swap_head(model, num_classes):
    return replace_head(model, num_classes)
