"""What one would otherwise run: PyTorch and OpenCV, in one process, without a sandbox. A baseline for speed.

    python peer_scan.py VIDEO [--lite0] [--threads 1] [--faces centerface.onnx]

Decodes 3 windows of 20 consecutive frames, finds the largest face in each, runs ResNeXt50-32x4d + LSTM (or, with
--lite0, the network of the lite0-frame bundle) and prints one JSON line. Weights are random: the verdict means nothing.

Needs: torch==2.15.0 torchvision==0.29.2 opencv-python-headless==5.0.0.93 efficientnet-lite-pytorch==0.1.0
"""
import argparse, json, time

import cv2, numpy as np, torch, torchvision

WINDOWS, FRAMES, DETECT_SIDE, DETECT_SCORE, MARGIN = 3, 20, 256, 0.4, 1.33
FACES = __file__.rsplit("tests", 1)[0] + "plugin/model/centerface/centerface.onnx"
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])

class Sequence(torch.nn.Module):
    size = 112
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(*list(torchvision.models.resnext50_32x4d().children())[:-1], torch.nn.Flatten())
        self.lstm, self.fc = torch.nn.LSTM(2048, 256, batch_first=True), torch.nn.Linear(256, 1)
    def forward(self, crops): return self.fc(self.lstm(self.body(crops)[None])[0][:, -1])

class FrameMean(torch.nn.Module):
    size = 160
    def __init__(self):
        super().__init__()
        from efficientnet_lite_pytorch import EfficientNet
        self.body, self.fc = EfficientNet.from_name("efficientnet-lite0"), torch.nn.Linear(1280, 1)
    def forward(self, crops): return self.fc(self.body.extract_features(crops).mean((2, 3))).mean(0, keepdim=True)

def windows(path):
    video = cv2.VideoCapture(path)
    spare = max(0, int(video.get(cv2.CAP_PROP_FRAME_COUNT)) - FRAMES)
    starts, found = [spare * (i + 1) // (WINDOWS + 1) for i in range(WINDOWS)], [[] for _ in range(WINDOWS)]
    for i in range(starts[-1] + FRAMES):
        if not video.grab(): break
        inside = [w for s, w in zip(starts, found) if s <= i < s + FRAMES]
        frame = video.retrieve()[1] if inside else None
        for window in inside: window.append(frame)
    return found

def largest_face(net, frame):
    """Box centre and longer side by CenterFace, in pixels of the frame; None without a face."""
    scale = DETECT_SIDE / max(frame.shape[:2])
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = cv2.copyMakeBorder(small, 0, -small.shape[0] % 32, 0, -small.shape[1] % 32, cv2.BORDER_CONSTANT)
    net.setInput(cv2.dnn.blobFromImage(small, swapRB=True))
    heat, size, offset, _ = (o[0] for o in net.forward(["537", "538", "539", "540"]))
    score = np.where(heat[0] > DETECT_SCORE, heat[0] * np.exp(size.max(0)), 0)
    y, x = np.unravel_index(score.argmax(), score.shape)
    at = (x + offset[1, y, x] + 0.5, y + offset[0, y, x] + 0.5, np.exp(size[:, y, x].max()))
    return [float(v) * 4 / scale for v in at] if score[y, x] else None

def tensor(frame, face, size):
    x, y, side = face
    patch = cv2.getRectSubPix(frame, (round(side * MARGIN),) * 2, (x, y))[..., ::-1]
    patch = cv2.resize(patch, (size, size), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(((patch / np.float32(255) - MEAN) / STD).transpose(2, 0, 1).copy())

args = argparse.ArgumentParser(); args.add_argument("video"); args.add_argument("--lite0", action="store_true")
args.add_argument("--threads", type=int, default=1); args.add_argument("--faces", default=FACES)
args = args.parse_args(); torch.set_num_threads(args.threads); cv2.setNumThreads(args.threads); torch.manual_seed(0)
started = time.perf_counter()
net = (FrameMean if args.lite0 else Sequence)().eval()
finder = cv2.dnn.readNetFromONNX(args.faces)
loaded, logits, faces = time.perf_counter(), [], 0
with torch.no_grad():
    for frames in windows(args.video):
        crops = [tensor(f, face, net.size) for f in frames if (face := largest_face(finder, f))]
        faces += len(crops)
        if crops: logits.append(net(torch.stack(crops)).item())
score = float(1 / (1 + np.exp(-np.mean(logits)))) if logits else None
print(json.dumps({
    "verdict": "not_assessed" if score is None else "fake" if score >= 0.5 else "real", "score": score, "faces": faces,
    "load_s": round(loaded - started, 3), "scan_s": round(time.perf_counter() - loaded, 3), "threads": args.threads,
}))
