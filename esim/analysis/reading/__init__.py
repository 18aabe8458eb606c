"""What a finished run is: its files as datasets, where they lie and what they count from."""
