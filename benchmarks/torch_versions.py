"""RankSim and ConR in PyTorch, written for the benchmark from the papers' formulas.

`ranksim_by_rows` has the form of the published algorithm: a Python loop over the rows of the
similarity, each ranked by sorting twice, the black-box gradient in an autograd function.
`ranksim_at_once` and `conr_at_once` do all rows in one operation each, and sort once a ranking.
"""

import torch
import torch.nn.functional as F


def ranks_of(scores):
    """1 for the largest of every row, by argsort; equal scores in any order."""
    order = torch.argsort(scores, dim=-1, descending=True)
    places = torch.arange(1, scores.shape[-1] + 1, dtype=scores.dtype, device=scores.device)
    return torch.empty_like(scores).scatter_(-1, order, places.expand_as(scores))


def ranks_by_sorting_twice(scores):
    """The same in the published way: the places of a sort, sorted."""
    order = torch.argsort(scores, dim=-1, descending=True)
    return (torch.argsort(order, dim=-1) + 1).to(scores.dtype)


class BlackBoxRank(torch.autograd.Function):
    """Ranks, divided by their number, with the interpolated gradient."""

    @staticmethod
    def forward(ctx, scores, lambda_, ranks_of):
        ranks = ranks_of(scores) / scores.shape[-1]
        ctx.lambda_, ctx.ranks_of = lambda_, ranks_of
        ctx.save_for_backward(scores, ranks)
        return ranks

    @staticmethod
    def backward(ctx, upstream):
        scores, ranks = ctx.saved_tensors
        perturbed = ctx.ranks_of(scores + ctx.lambda_ * upstream) / scores.shape[-1]
        return (perturbed - ranks) / ctx.lambda_, None, None


def ranksim_by_rows(features, labels, gamma, lambda_):
    unit = F.normalize(features, dim=1)
    similarity = unit @ unit.T
    label_similarity = -(labels[:, None] - labels[None, :]).abs()
    loss = 0.0
    for row, label_row in zip(similarity, label_similarity):
        target = ranks_by_sorting_twice(label_row) / len(label_row)
        ranks = BlackBoxRank.apply(row, lambda_, ranks_by_sorting_twice)
        loss = loss + F.mse_loss(ranks, target)
    return gamma * loss


def ranksim_at_once(features, labels, gamma, lambda_):
    unit = F.normalize(features, dim=1)
    label_similarity = -(labels[:, None] - labels[None, :]).abs()
    target = ranks_of(label_similarity) / len(labels)
    ranks = BlackBoxRank.apply(unit @ unit.T, lambda_, ranks_of)
    return gamma * (ranks - target).square().mean(dim=1).sum()


def conr_at_once(features, labels, predictions, window=1.0, temperature=0.07, power=0.01):
    distance = (labels[:, None] - labels[None, :]).abs()
    confused = (predictions[:, None] - predictions[None, :]).abs() <= window
    others = ~torch.eye(len(labels), dtype=torch.bool)
    positives, negatives = (distance <= window) & others, confused & (distance > window)
    unit = F.normalize(features, dim=1)
    similarity = unit @ unit.T / temperature
    pulled = torch.where(positives, similarity, 0.0)
    pushed = torch.where(negatives, similarity + power * distance, -torch.inf)
    denominator = torch.logsumexp(torch.cat([pulled, pushed], dim=1), dim=1)
    count = positives.sum(dim=1)
    anchors = denominator - pulled.sum(dim=1) / count.clamp(min=1)
    return torch.where((count > 0) & negatives.any(dim=1), anchors, 0.0).mean()
