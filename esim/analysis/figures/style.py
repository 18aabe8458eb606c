"""How do all figures and moving pictures look? Settings of Matplotlib."""

STYLE = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.linewidth": 0.7,
    "figure.titlesize": 9.5,
    "savefig.dpi": 200,
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.08,
    "contour.negative_linestyle": "dashed",
    "svg.fonttype": "none",
}
