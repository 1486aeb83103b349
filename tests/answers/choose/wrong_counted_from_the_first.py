# fails: choose-1
def choose_checkpoint(epochs):
    accuracies = [record.val_accuracy for record in epochs]
    return epochs[0].epoch + accuracies.index(max(accuracies))
