"use strict";
const SCREEN = 280; // CSS pixels: height of a plot
const PAPER = [670, 215]; // width between the margins of a sheet, and height of a plot there

/** Shows one frame of a moving picture, chosen by the slider, the keyboard on it, or one after the other. */
function moving(element) {
  const frames = [...element.querySelectorAll("li")];
  const [slider, button] = [element.querySelector("input"), element.querySelector("button")];
  const output = element.querySelector("output");
  let timer = null;

  function show() {
    frames.forEach((frame, n) => frame.classList.toggle("shown", n === Number(slider.value)));
    const time = frames[slider.value].querySelector("figcaption").textContent;
    output.textContent = time;
    slider.setAttribute("aria-valuetext", time);
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  }
  function play() {
    if (slider.value === slider.max) slider.value = 0;
    button.textContent = "Pause";
    show();
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      show();
      if (slider.value === slider.max) stop();
    }, 250);
  }
  slider.addEventListener("input", () => { stop(); show(); });
  button.addEventListener("click", () => (timer === null ? play() : stop()));
  show();
}

/** What the clock shows at a time in seconds since the origin; empty where that has no date. */
function utc(start, seconds) {
  return start === null ? "" : ` · ${new Date(1000 * (start + seconds)).toISOString().slice(11, 19)} UTC`;
}

function traceOf(one, given) {
  return {
    x: one.x, y: one.y, name: one.name, type: "scatter", mode: one.dots ? "lines+markers" : "lines",
    line: { color: one.colour, width: one.dots ? 0.8 : 1.6, dash: one.dash }, marker: { color: one.colour, size: 4 },
    customdata: one.x.map((x) => utc(given.start, x * given.seconds)),
    hovertemplate: "%{fullData.name}: %{y:.3g}%{customdata}<extra></extra>",
  };
}

function layoutOf(given) {
  const axis = { ticks: "outside", linecolor: "#1a1a1a", gridcolor: "#e4e4e4", zerolinecolor: "#9a9a9a" };
  const grey = { type: "rect", xref: "x", yref: "paper", x0: 0, x1: given.shaded, y0: 0, y1: 1, layer: "below" };
  return {
    height: SCREEN, margin: { l: 64, r: 12, t: 28, b: 46 }, showlegend: false, hovermode: "x unified",
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    paper_bgcolor: "white", plot_bgcolor: "white", font: { family: "system-ui, sans-serif", size: 12, color: "#1a1a1a" },
    xaxis: {
      ...axis, title: { text: given.time }, range: [0, given.until],
      unifiedhovertitle: { text: `%{x:.4g} ${given.unit}` },
    },
    yaxis: { ...axis, title: { text: given.label }, ...(given.limits ? { range: given.limits } : {}) },
    shapes: given.shaded > 0 ? [{ ...grey, fillcolor: "#ececec", line: { width: 0 } }] : [],
  };
}

/** Draws a plot, whose traces are chosen by the boxes above it. */
function plot(figure) {
  const given = JSON.parse(figure.querySelector("script").textContent);
  const area = figure.querySelector(".area");
  const buttons = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d", "toImage"];
  const config = { responsive: true, displaylogo: false, modeBarButtons: [buttons] };
  Plotly.newPlot(area, given.traces.map((one) => traceOf(one, given)), layoutOf(given), config);
  for (const box of figure.querySelectorAll("fieldset input")) {
    box.addEventListener("change", () => Plotly.restyle(area, { visible: box.checked }, [Number(box.value)]));
  }
}

document.documentElement.classList.add("scripted");
document.querySelectorAll(".frames").forEach(moving);
document.querySelectorAll(".plot").forEach(plot);

const areas = document.querySelectorAll(".area");
addEventListener("beforeprint", () => {
  areas.forEach((area) => Plotly.relayout(area, { width: PAPER[0], height: PAPER[1], autosize: false }));
  document.querySelectorAll("details").forEach((element) => { element.open = true; });
});
addEventListener("afterprint", () => areas.forEach((area) => Plotly.relayout(area, { width: null, height: SCREEN, autosize: true })));
