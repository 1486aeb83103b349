# fails: choose-1
def choose_checkpoint(epochs):
    return max(epochs, key=lambda e: round(e.val_accuracy, 4)).epoch
