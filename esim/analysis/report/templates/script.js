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
  const area = { fill: "toself", fillcolor: one.colour + "40", line: { width: 0 }, mode: "lines", hoverinfo: "skip" };
  const line = {
    mode: one.dots ? "lines+markers" : "lines", marker: { color: one.colour, size: 4 },
    line: { color: one.colour, width: one.dots ? 0.8 : 1.6, dash: one.dash },
    customdata: one.x.map((x) => utc(given.start, x * given.seconds)),
    hovertemplate: "%{fullData.name}: %{y:.3g}%{customdata}<extra></extra>",
  };
  return { x: one.x, y: one.y, name: one.name, type: "scatter", ...(one.filled ? area : line) };
}

function layoutOf(given) {
  const axis = { ticks: "outside", linecolor: "#1a1a1a", gridcolor: "#e4e4e4", zerolinecolor: "#9a9a9a" };
  const scale = given.logarithmic ? { type: "log", dtick: "D2", exponentformat: "power" } : {};
  const ends = (limits) => (given.logarithmic ? limits.map(Math.log10) : limits);
  const grey = { type: "rect", xref: "x", yref: "paper", x0: 0, x1: given.shaded, y0: 0, y1: 1, layer: "below" };
  return {
    height: SCREEN, margin: { l: 64, r: 12, t: 28, b: 46 }, showlegend: false, hovermode: "x unified",
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    paper_bgcolor: "white", plot_bgcolor: "white", font: { family: "system-ui, sans-serif", size: 12, color: "#1a1a1a" },
    xaxis: {
      ...axis, ...scale, title: { text: given.across }, range: ends(given.range),
      unifiedhovertitle: { text: `%{x:.4g} ${given.unit}` },
    },
    yaxis: { ...axis, ...scale, title: { text: given.label }, ...(given.limits ? { range: ends(given.limits) } : {}) },
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

/** Shows one of several plots or pictures, chosen from a list; a plot is drawn when it is first seen. */
function choice(element) {
  const [items, select] = [[...element.querySelectorAll("li")], element.querySelector("select")];

  function show() {
    items.forEach((item, n) => item.classList.toggle("shown", n === Number(select.value)));
    const figure = items[select.value].querySelector(".plot");
    if (figure === null) return;
    const area = figure.querySelector(".area");
    if (area.childElementCount === 0) plot(figure);
    else Plotly.Plots.resize(area); // the window may have changed while it was hidden
  }
  select.addEventListener("change", show);
  show();
}

document.documentElement.classList.add("scripted");
document.querySelectorAll(".frames").forEach(moving);
document.querySelectorAll(".choice").forEach(choice);
document.querySelectorAll("section > .plot").forEach(plot);

const seen = () => [...document.querySelectorAll(".area")].filter((area) => area.offsetParent !== null);
addEventListener("beforeprint", () => {
  seen().forEach((area) => Plotly.relayout(area, { width: PAPER[0], height: PAPER[1], autosize: false }));
  document.querySelectorAll("details").forEach((element) => { element.open = true; });
});
addEventListener("afterprint", () => seen().forEach((area) => Plotly.relayout(area, { width: null, height: SCREEN, autosize: true })));
