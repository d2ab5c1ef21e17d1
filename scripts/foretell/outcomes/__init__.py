"""From graded rollouts to one outcome per problem."""
