"""Which column of the predictions holds the probabilities, by the split that Platt scaling was fitted on."""

OWN = {"train": "probability"}  # out of fold
RECORDED = {"validation": "probability", "train": "probability_train"}
ELSEWHERE = {"elsewhere": "probability"}  # imported probabilities, taken as they are
