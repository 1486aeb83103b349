from torchvision.models.resnet import BasicBlock


class Recorder:
    def __init__(self, block):
        self.handles = [
            block.register_forward_pre_hook(self.enter),
            block.bn2.register_forward_hook(self.leave),
        ]

    def enter(self, module, inputs):
        self.x = inputs[0].clone()

    def leave(self, module, inputs, output):
        self.residual = output.clone()

    def close(self):
        for handle in self.handles:
            handle.remove()


def capture_residuals(model, images):
    recorders = {}
    try:
        for name, module in model.named_modules():
            if isinstance(module, BasicBlock):
                recorders[name] = Recorder(module)
        model(images)
        return {name: (r.x, r.residual) for name, r in recorders.items()}
    finally:
        for recorder in recorders.values():
            recorder.close()
