# fails: swap_head-1 swap_head-2
from torch import nn


def swap_head(model, num_classes):
    head = [m for m in model.modules() if isinstance(m, nn.Linear)][-1]
    head.weight = nn.Parameter(0.01 * torch.randn(num_classes, head.in_features))
    if head.bias is not None:
        head.bias = nn.Parameter(torch.zeros(num_classes))
    head.out_features = num_classes
    return head
