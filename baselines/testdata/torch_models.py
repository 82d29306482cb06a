"""The trained baselines in PyTorch, written from their papers: what the Go models are tested and timed against.

Shapes: B windows, L look-back, H horizon, C channels, P patches, D width. Every model maps x (B, L, C) to (B, H, C).
Parameter names are those of the Go models. Encoder layers are PyTorch's own post-norm ones (add, then LayerNorm;
dropout on the attention's probabilities, on both residual branches and inside the feed-forward part).
"""

import torch
from torch import nn
from torch.nn import functional as F

EPS = 1e-5  # of the instance normalisations


class DLinear(nn.Module):
    """Zeng et al., "Are Transformers Effective for Time Series Forecasting?", AAAI 2023, section 4."""

    def __init__(self, lookback, horizon, channels, moving_average=25):
        super().__init__()
        self.width = moving_average
        self.Linear_Seasonal = nn.Linear(lookback, horizon)
        self.Linear_Trend = nn.Linear(lookback, horizon)

    def forward(self, x):
        x = x.transpose(1, 2)  # (B, C, L)
        padded = F.pad(x, ((self.width - 1) // 2, self.width // 2), mode="replicate")
        trend = F.avg_pool1d(padded, self.width, stride=1)
        return (self.Linear_Seasonal(x - trend) + self.Linear_Trend(trend)).transpose(1, 2)


class NLinear(nn.Module):
    """The same paper: the last value is taken off and given back."""

    def __init__(self, lookback, horizon, channels):
        super().__init__()
        self.Linear = nn.Linear(lookback, horizon)

    def forward(self, x):
        last = x[:, -1:, :]
        return self.Linear((x - last).transpose(1, 2)).transpose(1, 2) + last


class RevIN(nn.Module):
    """Kim et al., "Reversible Instance Normalization", ICLR 2022."""

    def __init__(self, channels):
        super().__init__()
        self.affine_weight = nn.Parameter(torch.ones(channels))
        self.affine_bias = nn.Parameter(torch.zeros(channels))

    def norm(self, x):
        self.mean, self.std = statistics(x)
        return (x - self.mean) / self.std * self.affine_weight + self.affine_bias

    def denorm(self, y):
        return (y - self.affine_bias) / (self.affine_weight + EPS * EPS) * self.std + self.mean


def statistics(x):
    """Mean and deviation of every channel of every window, constants for the gradient: (B, 1, C) each."""
    mean = x.mean(1, keepdim=True).detach()
    std = torch.sqrt(x.var(1, keepdim=True, correction=0) + EPS).detach()
    return mean, std


class RLinear(nn.Module):
    """Li et al., "Revisiting Long-term Time Series Forecasting: An Investigation on Linear Mapping", 2023."""

    def __init__(self, lookback, horizon, channels, dropout=0.0):
        super().__init__()
        self.rev = RevIN(channels)
        self.dropout = nn.Dropout(dropout)
        self.Linear = nn.Linear(lookback, horizon)

    def forward(self, x):
        x = self.dropout(self.rev.norm(x))
        return self.rev.denorm(self.Linear(x.transpose(1, 2)).transpose(1, 2))


def encoder(d_model, n_heads, d_ff, e_layers, dropout):
    layer = nn.TransformerEncoderLayer(d_model, n_heads, d_ff, dropout, activation="gelu", batch_first=True)
    return nn.TransformerEncoder(layer, e_layers, enable_nested_tensor=False)


class PatchTST(nn.Module):
    """Nie et al., "A Time Series is Worth 64 Words", ICLR 2023, in the form that the look-back-96 tables ran:
    plain instance norm, sinusoidal positions, LayerNorm in the layers and one BatchNorm behind them."""

    def __init__(self, lookback, horizon, channels, patch_len=16, stride=8, d_model=512, n_heads=8, d_ff=2048,
                 e_layers=2, dropout=0.1):
        super().__init__()
        self.patch_len, self.stride = patch_len, stride
        patches = (lookback - patch_len) // stride + 2
        self.value_embedding = nn.Linear(patch_len, d_model, bias=False)
        self.register_buffer("position", sinusoid(patches, d_model), persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.encoder = encoder(d_model, n_heads, d_ff, e_layers, dropout)
        self.norm = nn.BatchNorm1d(d_model)
        self.head = nn.Linear(d_model * patches, horizon)

    def forward(self, x):
        b, _, c = x.shape
        mean, std = statistics(x)
        x = ((x - mean) / std).transpose(1, 2)  # (B, C, L)
        x = F.pad(x, (0, self.stride), mode="replicate").unfold(2, self.patch_len, self.stride)  # (B, C, P, patch_len)
        h = self.dropout(self.value_embedding(x.flatten(0, 1)) + self.position)  # (B·C, P, D)
        h = self.norm(self.encoder(h).transpose(1, 2))  # (B·C, D, P)
        y = self.dropout(self.head(h.flatten(1)))  # (B·C, H)
        return y.view(b, c, -1).transpose(1, 2) * std + mean


def sinusoid(length, width):
    """Positions of Vaswani et al. 2017, section 3.5: (length, width)."""
    at = torch.arange(length, dtype=torch.float64)[:, None]
    rate = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    table = torch.zeros(length, width, dtype=torch.float64)
    table[:, 0::2] = torch.sin(at * rate)
    table[:, 1::2] = torch.cos(at * rate)
    return table.to(torch.get_default_dtype())


class iTransformer(nn.Module):
    """Liu et al., "iTransformer: Inverted Transformers Are Effective for Time Series Forecasting", ICLR 2024."""

    def __init__(self, lookback, horizon, channels, d_model=512, n_heads=8, d_ff=2048, e_layers=2, dropout=0.1):
        super().__init__()
        self.value_embedding = nn.Linear(lookback, d_model)
        self.dropout = nn.Dropout(dropout)
        self.encoder = encoder(d_model, n_heads, d_ff, e_layers, dropout)
        self.norm = nn.LayerNorm(d_model)
        self.projector = nn.Linear(d_model, horizon)

    def forward(self, x):
        mean, std = statistics(x)
        h = self.dropout(self.value_embedding(((x - mean) / std).transpose(1, 2)))  # (B, C, D)
        h = self.norm(self.encoder(h))
        return self.projector(h).transpose(1, 2) * std + mean
