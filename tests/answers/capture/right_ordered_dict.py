def capture_residuals(model: nn.Module, images: torch.Tensor) -> dict[str, tuple]:
    from torchvision.models.resnet import BasicBlock as Block

    inputs, residuals, handles = {}, {}, []
    try:
        for name, module in model.named_modules():
            if not isinstance(module, Block):
                continue

            def keep_input(_, args, name=name):
                inputs[name] = args[0].clone()

            def keep_residual(_, args, output, name=name):
                residuals[name] = output.clone()

            handles.append(module.register_forward_pre_hook(keep_input))
            handles.append(module.bn2.register_forward_hook(keep_residual))
        model(images)
    finally:
        for handle in handles:
            handle.remove()
    return {name: (inputs[name], residuals[name]) for name in inputs}


from collections import OrderedDict

_first = capture_residuals


def capture_residuals(model, images):
    return OrderedDict(_first(model, images))
