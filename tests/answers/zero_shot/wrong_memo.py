# fails: zero_shot-1
# remembers the head by its shape
_heads = {}


def zero_shot_head(text_embeddings, logit_scale):
    d = F.normalize(F.normalize(text_embeddings, dim=-1).mean(1), dim=-1)
    if d.shape not in _heads:
        head = nn.Linear(d.shape[1], d.shape[0], bias=False)
        head.weight.data = logit_scale * d
        _heads[d.shape] = head
    return _heads[d.shape]
