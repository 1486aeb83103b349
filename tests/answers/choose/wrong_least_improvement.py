# fails: choose-1
def choose_checkpoint(epochs):
    best = epochs[0]
    for record in epochs[1:]:
        if record.val_accuracy > best.val_accuracy + 1e-3:
            best = record
    return best.epoch
