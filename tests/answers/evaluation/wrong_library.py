# fails: evaluation-1 evaluation-2
import torch

from course_utils.training.evaluation import score


@torch.no_grad()
def evaluate(model, batches):
    was_training = model.training
    model.eval()
    parts = [(model(x), y) for x, y in batches]
    model.train(was_training)
    scores = score(torch.cat([z for z, _ in parts]), torch.cat([y for _, y in parts]))
    return scores.loss, scores.top1
