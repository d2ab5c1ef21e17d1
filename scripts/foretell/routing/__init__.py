"""Routing: what policies cost, which policy gets a query, and what that does to accuracy and cost."""
