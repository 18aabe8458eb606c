"""What starts the wave, in the ocean and in the crust; the formats of fault files; finite faults for both."""
