# fails: choose-1 choose-2
def choose_checkpoint(epochs):
    return float(max(epochs, key=lambda record: record.val_accuracy).epoch)
