"""Openers of models: scikit-learn files, ONNX files, prediction servers. What they do is imported when a model is opened."""

from __future__ import annotations

from lepton_audit import Opener
from lepton_openers.models.onnx_files import onnx_model
from lepton_openers.models.pickled import pickled_model
from lepton_openers.models.servers import served_model
from lepton_openers.models.skops_files import skops_model

OPENERS: tuple[Opener, ...] = (pickled_model, skops_model, onnx_model, served_model)
