# max with a key
def choose_checkpoint(epochs):
    return max(epochs, key=lambda record: record.val_accuracy).epoch
