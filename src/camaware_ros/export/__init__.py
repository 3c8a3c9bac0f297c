"""From a checkpoint to what a robot runs."""
