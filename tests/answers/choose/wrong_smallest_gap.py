# fails: choose-1 choose-2
def choose_checkpoint(epochs):
    return min(epochs, key=lambda record: abs(record.train_accuracy - record.val_accuracy)).epoch
