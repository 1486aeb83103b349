# a generator, next
def choose_checkpoint(epochs):
    best = max(record.val_accuracy for record in epochs)
    return next(record.epoch for record in epochs if record.val_accuracy == best)
