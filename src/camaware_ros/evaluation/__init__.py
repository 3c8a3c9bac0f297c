"""How good a model is: metrics, cross-camera tables, closed-loop runs."""
