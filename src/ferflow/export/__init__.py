"""Trained models for other programs: ONNX, and PyTorch's exported programs."""
