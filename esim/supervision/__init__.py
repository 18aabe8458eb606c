"""Does the run still go on? Signs of life, the watchdog of each rank, the launcher, the limit of wall-clock time."""
