# pairs, the earlier epoch first
def choose_checkpoint(epochs):
    pairs = [(-record.val_accuracy, position) for position, record in enumerate(epochs)]
    _, position = min(pairs)
    return epochs[position].epoch
