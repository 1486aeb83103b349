# a loop with a strict comparison
def choose_checkpoint(epochs):
    best_epoch, best_accuracy = None, -1.0
    for record in epochs:
        if record.val_accuracy > best_accuracy:
            best_epoch, best_accuracy = record.epoch, record.val_accuracy
    return best_epoch
