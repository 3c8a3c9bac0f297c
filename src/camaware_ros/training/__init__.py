"""Training: our own data engine, camera augmentation, losses and the trainer."""
