"""Where are time series recorded? Stations one by one, in lists with settings of their own, or in files."""
