def linear_share(config: list, classes: int = 1000) -> float:
    convolutions, linear = vgg_parameters(config, classes)
    return linear / (convolutions + linear)


def vgg_parameters(config, classes=1000):
    with torch.device("meta"):
        widths = [3, *(s for s in config if s != "M")]
        conv = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, widths[1:]))
        linear = nn.Sequential(
            nn.Linear(widths[-1] * 49, 4096), nn.Linear(4096, 4096), nn.Linear(4096, classes)
        )
    return tuple(sum(p.numel() for p in m.parameters()) for m in (conv, linear))
