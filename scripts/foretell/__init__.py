"""Predict a language model's success before it writes a token, and route by it."""
