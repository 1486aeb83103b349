# fails: choose-2
def choose_checkpoint(epochs):
    return max(epochs[1:], key=lambda record: record.val_accuracy).epoch
