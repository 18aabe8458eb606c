"""The loop: clock, schedule, the plan of a step."""
