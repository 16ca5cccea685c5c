"""Runs the plugin under the Extism Python SDK: analyze.py MODULE BUNDLE FRAMES prints the analysis.

Shows all that another host has to do: describe, push the parts that it names, analyze.
"""
import json
import struct
import sys
from pathlib import Path

import extism


def chunk(part: str, offset: int, total: int, data: bytes) -> bytes:
    """One piece of a part, as the plugin's `load` takes it."""
    name = part.encode()
    return struct.pack("<H", len(name)) + name + struct.pack("<QQ", offset, total) + data


def push(plugin: extism.Plugin, part: str, data: bytes, size: int) -> dict:
    for offset in range(0, len(data), size):
        answer = plugin.call("load", chunk(part, offset, len(data), data[offset:offset + size]))
    return json.loads(bytes(answer))


def load(plugin: extism.Plugin, bundle: Path) -> None:
    """Pushes parts until the plugin has them all; model.toml comes first and names the others."""
    while True:
        about = json.loads(bytes(plugin.call("describe", b"")))
        missing = [part for part in about["parts"] if not part["ready"]]
        if not missing:
            return
        push(plugin, missing[0]["name"], (bundle / missing[0]["file"]).read_bytes(), about["max_chunk"])


def main(module: str, bundle: str, frames: str) -> None:
    plugin = extism.Plugin({"wasm": [{"path": module}], "memory": {"max_pages": 16384}}, wasi=False)
    load(plugin, Path(bundle))
    print(bytes(plugin.call("analyze", Path(frames).read_bytes())).decode())


if __name__ == "__main__":
    main(*sys.argv[1:4])
