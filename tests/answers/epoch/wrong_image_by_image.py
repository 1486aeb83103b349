# fails: epoch-2
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    model.train()
    loss_sum, correct, n = 0.0, 0, 0
    for x, y in batches:
        optimizer.zero_grad()
        for image, label in zip(x, y):
            logits = model(image[None])
            loss = F.cross_entropy(logits, label[None])
            (loss / len(y)).backward()
            loss_sum += loss.item()
            correct += int(logits.argmax()) == int(label)
            n += 1
        optimizer.step()
    return loss_sum / n, correct / n
