"""Which column of the predictions holds the probabilities, by the split that Platt scaling was fitted on."""

OWN = {"train": "probability"}  # out of fold
RECORDED = {"validation": "probability", "train": "probability_train"}
AS_GIVEN = "elsewhere"  # stands for the split where nothing was scaled
ELSEWHERE = {AS_GIVEN: "probability"}  # imported probabilities, taken as they are
SCALED_HERE = {"validation": "probability"}  # imported probabilities, scaled on validation
