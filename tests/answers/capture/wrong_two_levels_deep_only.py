# fails: capture-1
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock as TorchvisionBlock


def capture_residuals(model: nn.Module, images: torch.Tensor) -> dict[str, tuple]:
    blocks = {
        f"{stage_name}.{name}": module
        for stage_name, stage in model.named_children()
        for name, module in stage.named_children()
        if isinstance(module, TorchvisionBlock)
    }
    inputs, residuals, handles = {}, {}, []

    def keep_input(name):
        def hook(module, args):
            inputs[name] = args[0].clone()

        return hook

    def keep_residual(name):
        def hook(module, args, output):
            residuals[name] = output.clone()

        return hook

    try:
        for name, block in blocks.items():
            handles.append(block.register_forward_pre_hook(keep_input(name)))
            handles.append(block.bn2.register_forward_hook(keep_residual(name)))
        model(images)
    finally:
        for handle in handles:
            handle.remove()
    return {name: (inputs[name], residuals[name]) for name in blocks}
