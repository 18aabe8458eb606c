"""Files of finite faults: CSV, YAML, USGS .param, .fsp and .geojson, SRF, Coulomb .inp."""
