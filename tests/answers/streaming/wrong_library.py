# fails: streaming-1 streaming-2
import torch
from course_utils.data.inspection import channel_statistics


def streaming_statistics(batches):
    flat = [batch.permute(1, 0, 2, 3).flatten(1) for batch in batches]
    return channel_statistics(torch.cat(flat, dim=1).T[:, :, None, None])
