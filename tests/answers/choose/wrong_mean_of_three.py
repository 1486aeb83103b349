# fails: choose-1 choose-2
def choose_checkpoint(epochs):
    v = [e.val_accuracy for e in epochs]
    sm = [sum(v[max(i - 1, 0) : i + 2]) / len(v[max(i - 1, 0) : i + 2]) for i in range(len(v))]
    return epochs[sm.index(max(sm))].epoch
