"""Many runs that differ in some keys: which they are, who computes them, and what they tell together."""
