"""The network (torch, transformers). A robot that runs compiled graphs never imports this."""
