# fails: choose-1
def choose_checkpoint(epochs):
    return max(epochs[:-1] or epochs, key=lambda r: r.val_accuracy).epoch
