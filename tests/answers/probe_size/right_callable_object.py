class ProbeSize:
    def __call__(self, model, head, num_classes):
        outputs = head.weight.shape[0]
        old = [p.numel() for p in head.parameters()]
        new = sum(n // outputs * num_classes for n in old)
        total = sum(p.numel() for _, p in model.named_parameters()) - sum(old) + new
        return [new, new / total]


probe_size = ProbeSize()
