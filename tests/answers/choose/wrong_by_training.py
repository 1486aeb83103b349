# fails: choose-1 choose-2
def choose_checkpoint(epochs):
    return max(epochs, key=lambda record: record.train_accuracy).epoch
