"""Models: trained here, or checkpoints from elsewhere."""
