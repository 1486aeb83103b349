# fails: adapt_alexnet-1
def adapt_alexnet(model, num_classes):
    model.features[0].stride = (1, 1)
    return model, list(model.state_dict())
