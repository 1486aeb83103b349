# fails: probe_size-1 probe_size-2
import copy

from course_utils.models.freezing import freeze_backbone
from course_utils.models.heads import replace_head


def probe_size(model, head, num_classes):
    new = copy.deepcopy(model)
    replace_head(new, num_classes)
    trained = freeze_backbone(new)
    return trained, trained / sum(p.numel() for p in new.parameters())
