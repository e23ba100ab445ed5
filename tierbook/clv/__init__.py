"""Customer lifetime value: how many purchases are still to come, from whom, and what they are worth."""
