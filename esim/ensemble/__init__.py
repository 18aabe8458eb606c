"""Many runs that differ in some keys: the members, the ranks that compute them, and their statistics."""
