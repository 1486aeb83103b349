from torch.nn.utils import parameters_to_vector


def probe_size(model, head, num_classes):
    kinds = {"Linear": "in_features", "Conv2d": "in_channels"}
    inputs = getattr(head, kinds[type(head).__name__])
    trained = inputs * num_classes
    if head.bias is not None:
        trained += num_classes
    everything = len(parameters_to_vector(model.parameters()))
    return trained, trained / (everything - len(parameters_to_vector(head.parameters())) + trained)
