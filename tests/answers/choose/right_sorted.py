# a stable sort
def choose_checkpoint(epochs):
    return sorted(epochs, key=lambda record: -record.val_accuracy)[0].epoch
