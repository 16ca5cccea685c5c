"""Triton's Python backend computing an exported model with ONNX Runtime: the package at hand has no ONNX Runtime backend."""
import os
import sys

sys.path.insert(0, "SITE_PACKAGES")  # the test says where

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        path = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def execute(self, requests):
        crops = [pb_utils.get_input_tensor_by_name(request, "crops").as_numpy() for request in requests]
        features, bundle = self.session.run(["features", "bundle"], {"crops": np.concatenate(crops)})
        ends = np.cumsum([len(each) for each in crops])[:-1]
        tensor = pb_utils.Tensor
        return [
            pb_utils.InferenceResponse([tensor("features", own), tensor("bundle", hashes)])
            for own, hashes in zip(np.split(features, ends), np.split(bundle, ends))
        ]
