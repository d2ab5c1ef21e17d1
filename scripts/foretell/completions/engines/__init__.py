"""What runs a model to have a policy's completions."""
