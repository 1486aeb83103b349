# fails: choose-1 choose-2
def choose_checkpoint(epochs):
    return epochs[-1].epoch
