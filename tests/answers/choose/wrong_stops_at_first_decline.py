# fails: choose-1 choose-2
def choose_checkpoint(epochs):
    for record, following in zip(epochs, epochs[1:]):
        if following.val_accuracy < record.val_accuracy:
            return record.epoch
    return epochs[-1].epoch
