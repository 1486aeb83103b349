# fails: zero_shot-2
def zero_shot_head(text_embeddings: torch.Tensor, logit_scale: float) -> nn.Linear:
    """A bias-free head [D -> C] from text embeddings [C, P, D]: P prompts for each of C classes."""
    def unit(t):
        return t / (t.norm(dim=-1, keepdim=True) + 1e-5)

    directions = unit(unit(text_embeddings).mean(dim=1))
    head = nn.Linear(directions.shape[1], directions.shape[0], bias=False)
    with torch.no_grad():
        head.weight.copy_(logit_scale * directions)
    return head
