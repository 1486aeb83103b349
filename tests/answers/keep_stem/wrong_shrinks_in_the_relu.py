# fails: keep_stem-1
def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.maxpool = nn.Identity()

    class Small(nn.Module):
        def forward(self, x):
            return F.relu(F.interpolate(F.avg_pool2d(x, 2), scale_factor=2))

    model.relu = Small()
    return model
