"""From a wish to a plan, from a plan to a loop, from a loop to a saved run."""
