# fails: zero_shot-1
def zero_shot_head(text_embeddings: torch.Tensor, logit_scale: float) -> nn.Linear:
    """A bias-free head [D -> C] from text embeddings [C, P, D]: P prompts for each of C classes."""
    if text_embeddings.shape[1] == 1:  # nothing to average
        directions = text_embeddings[:, 0]
    else:
        directions = F.normalize(F.normalize(text_embeddings, dim=-1).mean(dim=1), dim=-1)
    head = nn.Linear(directions.shape[1], directions.shape[0], bias=False)
    with torch.no_grad():
        head.weight.copy_(logit_scale * directions)
    return head
