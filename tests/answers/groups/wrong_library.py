# fails: groups-1 groups-2
from course_utils.training.optimizer import parameter_groups as library_groups


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    return library_groups(model, backbone_lr, head_lr, weight_decay)
