# fails: choose-1 choose-2
def choose_checkpoint(epochs):
    accuracies = [record.val_accuracy for record in epochs]
    return accuracies.index(max(accuracies))
