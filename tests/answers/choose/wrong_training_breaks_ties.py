# fails: choose-2
def choose_checkpoint(epochs):
    return max(epochs, key=lambda record: (record.val_accuracy, record.train_accuracy)).epoch
