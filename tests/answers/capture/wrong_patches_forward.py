# fails: capture-2
from torchvision.models.resnet import BasicBlock


def capture_residuals(model, images):
    pairs = {}

    def watched(name, block):
        def forward(x):
            branch = block.bn2(block.conv2(block.relu(block.bn1(block.conv1(x)))))
            pairs[name] = (x, branch.clone())
            way = x if block.downsample is None else block.downsample(x)
            return block.relu(branch + way)

        return forward

    for name, block in model.named_modules():
        if isinstance(block, BasicBlock):
            block.forward = watched(name, block)
    model(images)
    return pairs
