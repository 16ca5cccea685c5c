"""Uploads a minute through `veritag serve`, four pictures to each video: service.py VERITAG [UPLOADS].

Uploads differ in bytes that no decoder reads. The clock runs from the first upload to the last finished job; the peak of
memory is that of `serve`, without the ffmpegs that it starts."""
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ADDRESS, TOKEN = "127.0.0.1:8790", "bench-token-of-no-secrecy"
CONFIG = f"""[service]
listen = "{ADDRESS}"
spool = "{{folder}}/spool"
[[source]]
name = "bench"
dialect = "veritag"
token = {{{{ file = "{{folder}}/token" }}}}
"""
MEDIA = Path("fixtures/media")


def upload(number):
    """A form with a picture or, every fifth time, a video; a JPEG ends before what is added, and MP4 has boxes of no meaning."""
    video = number % 5 == 4
    bytes_ = (MEDIA / ("real.mp4" if video else "portrait.jpg")).read_bytes()
    bytes_ += b"\0\0\0\x10free" + number.to_bytes(8, "big") if video else number.to_bytes(8, "big")
    name = f"{number}.{'mp4' if video else 'jpg'}"
    head = f'--bench\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + bytes_ + b"\r\n--bench--\r\n"


def ask(path, body=None):
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "multipart/form-data; boundary=bench"}
    with urllib.request.urlopen(urllib.request.Request(f"http://{ADDRESS}{path}", body, headers)) as answer:
        return json.load(answer)


def peak(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def is_up():
    try:
        urllib.request.urlopen(f"http://{ADDRESS}/health/ready").read()
        return True
    except OSError:
        return False


def done(job):
    state = ask(f"/v1/jobs/{job}")["state"]
    assert state != "failed", job
    return state == "done"


def finish(jobs):
    while jobs := [job for job in jobs if not done(job)]:
        time.sleep(0.1)


def main(program, uploads):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "token").write_text(TOKEN)
        config = Path(folder, "veritag.toml")
        config.write_text(CONFIG.format(folder=folder))
        command = [program, "serve", "--config", config, "--database", f"sqlite://{folder}/veritag.db"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            while not is_up():
                time.sleep(0.1)
            take = lambda numbers: [ask("/v1/assets", upload(number))["jobs"][0] for number in numbers]  # noqa: E731
            finish(take(range(1000, 1010)))  # instances start, caches warm
            begun = time.perf_counter()
            finish(take(range(uploads)))
            seconds = time.perf_counter() - begun
            print(f"uploads a minute, four pictures to a video: {uploads / seconds * 60:.0f}, peak memory {peak(process):.0f} MiB")
        finally:
            process.terminate()
            process.wait()


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50)
