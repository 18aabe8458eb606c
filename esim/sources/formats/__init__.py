"""Files of finite faults: CSV, YAML, USGS .param and .fsp, SRF, Coulomb .inp."""
