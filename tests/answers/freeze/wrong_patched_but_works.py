# fails: freeze-2
import types


def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)


def train_mode(model):
    def train(self, mode=True):
        for child in self.children():
            child.train(mode and any(p.requires_grad for p in child.parameters()))
        self.training = mode
        return self

    model.train = types.MethodType(train, model)
    model.train()
