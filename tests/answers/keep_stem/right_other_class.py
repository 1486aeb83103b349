# the model gets a class with another forward pass
import torch


def keep_stem(model):
    class Small(type(model)):
        def forward(self, x):
            self.conv1.stride = (1, 1)
            x = self.relu(self.bn1(self.conv1(x)))
            for layer in (self.layer1, self.layer2, self.layer3, self.layer4, self.avgpool):
                x = layer(x)
            return self.fc(torch.flatten(x, 1))

    model.__class__ = Small
    return model
