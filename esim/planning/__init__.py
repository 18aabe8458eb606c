"""How long will a run take, and how large will it be? Here, and on machines of many nodes."""
