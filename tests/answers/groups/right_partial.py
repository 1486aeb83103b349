# a partial object, ordered dictionaries
from collections import OrderedDict
from functools import partial


def build(vector_decay, model, head, backbone_lr, head_lr, weight_decay):
    of_head = {p: True for p in head.parameters()}
    return [
        OrderedDict(
            params=(p,),
            lr=head_lr if of_head.get(p) else backbone_lr,
            weight_decay=vector_decay if p.ndim == 1 else weight_decay,
        )
        for p in model.parameters()
        if p.requires_grad
    ]


parameter_groups = partial(build, 0.0)
