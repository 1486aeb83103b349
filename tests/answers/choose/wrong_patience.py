# fails: choose-1
# stops after three epochs without a better one
def choose_checkpoint(epochs):
    best, wait = epochs[0], 0
    for r in epochs[1:]:
        if r.val_accuracy > best.val_accuracy:
            best, wait = r, 0
        else:
            wait += 1
            if wait == 3:
                break
    return best.epoch
