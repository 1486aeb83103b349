# fails: choose-1 choose-2
def choose_checkpoint(epochs):
    return sorted(epochs, key=lambda record: record.val_accuracy)[-2].epoch
