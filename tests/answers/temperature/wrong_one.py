# fails: temperature-1 temperature-2
def find_temperature(logits, labels):
    return 1.0
