"""What the samples of a policy are called."""

GREEDY = -1  # the sample that takes the likeliest token at each step; outside k, votes and cost
