# a class with __call__, generators inside
class Grouper:
    def part(self, params, lr, weight_decay):
        yield dict(params=[p for p in params if p.ndim != 1], lr=lr, weight_decay=weight_decay)
        yield dict(params=[p for p in params if p.ndim == 1], lr=lr, weight_decay=0.0)

    def __call__(self, model, head, backbone_lr, head_lr, weight_decay):
        head_ids = set(map(id, head.parameters()))
        trainable = [p for p in model.parameters() if p.requires_grad]
        outside = [p for p in trainable if id(p) not in head_ids]
        within = [p for p in trainable if id(p) in head_ids]
        return [*self.part(outside, backbone_lr, weight_decay), *self.part(within, head_lr, weight_decay)]


parameter_groups = Grouper()
