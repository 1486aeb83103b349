# fails: choose-1
def choose_checkpoint(epochs):
    return max(epochs, key=lambda record: round(record.val_accuracy, 3)).epoch
