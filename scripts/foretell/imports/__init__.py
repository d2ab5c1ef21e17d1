"""Users' own problems, completions, grades, outcomes, predictions and activations, brought into this project's form."""
