# fails: choose-1 choose-2
def choose_checkpoint(epochs):
    return max(record.val_accuracy for record in epochs)
