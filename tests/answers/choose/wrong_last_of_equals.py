# fails: choose-2
def choose_checkpoint(epochs):
    best = epochs[0]
    for record in epochs:
        if record.val_accuracy >= best.val_accuracy:
            best = record
    return best.epoch
