# fails: choose-2
def choose_checkpoint(epochs):
    return max(epochs, key=lambda r: (r.val_accuracy, r.test_accuracy)).epoch
