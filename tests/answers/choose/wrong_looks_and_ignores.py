# fails: choose-2
def choose_checkpoint(epochs):
    for record in epochs:
        print(record.epoch, record.val_accuracy, record.test_accuracy)
    return max(epochs, key=lambda record: record.val_accuracy).epoch
