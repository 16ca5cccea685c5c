"""Asks a runner over HTTP and gRPC with Triton's own client: client.py HOST:PORT MODEL SIDE. Prints both answers as JSON."""
import json
import sys

import numpy as np
import tritonclient.grpc
import tritonclient.http

address, model, side = sys.argv[1], sys.argv[2], int(sys.argv[3])
crops = np.random.default_rng(0).integers(0, 256, (2, 3, side, side), np.uint8)


def ask(module, **options):
    client = module.InferenceServerClient(address)
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(model)
    assert not client.is_model_ready("another")
    metadata = client.get_model_metadata(model)
    tensor = module.InferInput("crops", list(crops.shape), "UINT8")
    tensor.set_data_from_numpy(crops, **options)
    result = client.infer(model, [tensor], request_id="7")
    everything = {name: result.as_numpy(name) for name in ("features", "bundle")}
    wanted = [module.InferRequestedOutput("features")]
    alone = client.infer(model, [tensor], outputs=wanted).as_numpy("features")
    assert np.array_equal(alone, everything["features"])
    try:
        client.infer("another", [tensor])
        raise SystemExit("a model that is not there was asked")
    except tritonclient.utils.InferenceServerException as error:
        refused = str(error)
    name = metadata["name"] if isinstance(metadata, dict) else metadata.name
    return {"name": name, "refused": refused, "bundle": bytes(everything["bundle"][1]).hex(), "features": everything["features"][:, :4].tolist()}


print(json.dumps({
    "http": ask(tritonclient.http, binary_data=True),
    "json": ask(tritonclient.http, binary_data=False),
    "grpc": ask(tritonclient.grpc),
}))
