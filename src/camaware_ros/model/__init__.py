"""The network (torch, transformers). A robot that runs ONNX Runtime or TensorRT never imports this."""
