"""Deployment: a pool's router taken away from its study, and used on new prompts."""
