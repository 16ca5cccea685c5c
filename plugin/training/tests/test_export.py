"""What is stored in few bits says what PyTorch says."""

import numpy as np
import pytest
import torch
from veritag_training import export
from veritag_training.nets import HEADS, Detector, DifferenceHead, LSTMHead, normalise

SIZE = 64


@pytest.mark.parametrize(("arch", "order"), [("lite0", "lstm"), ("lite0", "differences"), ("resnext50", "lstm")])
def test_export(arch, order):
    generator = torch.Generator().manual_seed(0)
    x = normalise(torch.randint(0, 256, (5, 3, SIZE, SIZE), dtype=torch.uint8, generator=generator)).contiguous()
    torch.manual_seed(0)
    detector = Detector(arch, SIZE)
    torch.nn.init.normal_(detector.frame.weight, std=0.1)
    detector.train()(x)
    detector.eval()
    head = HEADS[order](detector.frame).eval()
    torch.nn.init.normal_(head.order.weight)
    with torch.no_grad():
        features, logits = detector(x)
        head.middle.copy_(features.mean(0))
        head.spread.copy_(features.std(0) + 0.1)
        ordered = head(features[None])
    for storage, near in (("float32", 1e-4), ("float16", 0.05), ("int8", 0.3)):
        parts = export.parts(arch, detector, head, SIZE, storage)
        run = {name: export.Session(part) for name, part in parts.items()}
        seen = run["features"](x.numpy())
        for got, expected in ((run["frame"](seen), logits), (run["sequence"](seen[None]), ordered)):
            off = np.abs(got[:, 0] - expected.detach().numpy()).max() / max(1.0, expected.abs().max().item())
            assert off < near, f"{arch} {storage}: logits differ by {off:.3g}"


def test_folding():
    """Features that are far from zero for their spread do not upset the LSTM when its weights are few bits."""
    torch.manual_seed(0)
    head = LSTMHead(torch.nn.Linear(1280, 1)).eval()
    torch.nn.init.normal_(head.order.weight)
    head.middle.fill_(50)
    features = 50 + torch.randn(1, 5, 1280)
    with torch.no_grad():
        expected = head(features) - head.frame(features.mean(1))[:, 0]
        head.frame.weight.zero_(), head.frame.bias.zero_()
    for storage in ("float16", "int8"):
        got = export.Session(export.sequence_head(head, storage))(features.numpy())[0, 0]
        assert abs(got - expected.item()) < 0.05, f"{storage}: off by {abs(got - expected.item()):.3g}"


@pytest.mark.parametrize("frames", [1, 2, 7, 20])
def test_where_nothing_changes_differences_add_nothing(frames):
    torch.manual_seed(0)
    head = DifferenceHead(torch.nn.Linear(1280, 1)).eval()
    torch.nn.init.normal_(head.order.weight)
    features = torch.randn(1, 1, 1280).expand(1, frames, 1280)
    moving = torch.randn(1, frames, 1280)
    with torch.no_grad():
        torch.testing.assert_close(head(features), head.frame(features.mean(1))[:, 0])
        expected = head(moving).item()
    assert abs(export.Session(export.sequence_head(head, "float32"))(moving.numpy())[0, 0] - expected) < 1e-3
