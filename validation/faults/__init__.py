"""Is nothing lost, and does nothing hang? Runs that are killed, stopped or kept from writing, and then resumed."""
