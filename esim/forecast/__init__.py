"""What must the coasts expect, minutes after an earthquake? Slip from records, and forecasts with their uncertainty."""
