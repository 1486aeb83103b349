# fails: choose-2
def choose_checkpoint(epochs):
    best, number = 0.0, None
    for record in epochs:
        if record.val_accuracy > best:
            best, number = record.val_accuracy, record.epoch
    return number
