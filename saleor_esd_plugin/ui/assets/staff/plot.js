// Numbers by day or week, drawn by uPlot. It is for those who see it: the same stands in a table beside it.
import uPlot from "../vendor/uplot.js";
import { html, useEffect, useRef, useState } from "../core/dom.js";
import { formatDay, formatNumber } from "../core/words.js";

const HEIGHT = 220;
const DAY_STEPS = [1, 2, 4, 7, 14, 28, 56, 112];
const WHOLE_STEPS = [...Array(9).keys()].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
const DASHES = { dashes: [8, 5], dots: [2, 4] };

await new Promise((done) => {
  const href = new URL("../vendor/uplot.css", import.meta.url).href;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: done, onerror: done }));
});

// `days` ascend. `lines` are {name, values, kind, ink}, one value for each day, null for none; kind: line, dashes, dots or
// bars; ink: main or bad. Between
// the two lines at the places `band` it is filled. Steps between numbers are whole if `isWhole`.
export function Plot({ label, days, lines, band = null, isWhole = true }) {
  const frame = useRef(null);
  const [place, setPlace] = useState(null);
  const key = JSON.stringify([days, lines, band]);
  useEffect(() => {
    const [holder, ...marks] = frame.current.querySelectorAll("[data-mark]");
    // Colors are those of the page, light or dark, at the moment of drawing.
    const colorOf = (element) => () => getComputedStyle(element).color;
    const plot = new uPlot(options(holder, marks.map(colorOf), { days, lines, band, isWhole, onPlace: setPlace }), [days.map((_, index) => index), ...lines.map(({ values }) => values)], holder);
    const fit = new ResizeObserver(() => plot.setSize({ width: holder.clientWidth, height: HEIGHT }));
    fit.observe(holder);
    const redraw = () => plot.redraw();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw);
    const theme = new MutationObserver(redraw);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      fit.disconnect();
      theme.disconnect();
      dark.removeEventListener("change", redraw);
      plot.destroy();
    };
  }, [key]);

  const told = (value) => (value === null || value === undefined ? "" : formatNumber(value));
  return html`<figure class="plot" ref=${frame}><div data-mark role="img" aria-label=${label}></div>
    <figcaption class="muted">${lines.map(({ name, values, kind, ink }) => html`<span class="mark" key=${name}><span data-mark class="ink ink-${ink} ${kind}" aria-hidden="true"></span> ${name} <b>${place !== null && told(values[place])}</b></span>`)}
      <span aria-hidden="true">${place !== null && days[place] && formatDay(days[place])}</span></figcaption></figure>`;
}

function options(holder, colors, { days, lines, band, isWhole, onPlace }) {
  const hasBars = lines.some(({ kind }) => kind === "bars");
  const edge = hasBars ? 0.6 : 0;
  const text = () => getComputedStyle(holder).color;
  const grid = { stroke: () => getComputedStyle(holder).borderTopColor, width: 1 };
  const axis = { stroke: text, grid, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const width = (plot, values) => 16 + 7 * Math.max(0, ...(values || []).map((value) => value.length));
  return {
    width: holder.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false } },
    scales: { x: { time: false, range: () => [-edge, Math.max(1, days.length - 1) + edge] }, y: { range: (plot, least, most) => [0, Math.max(1, most || 0) * 1.08] } },
    axes: [
      { ...axis, size: 28, grid: { show: false }, incrs: DAY_STEPS, space: 64, values: (plot, splits) => splits.map((index) => (days[index] ? formatDay(days[index]) : "")) },
      { ...axis, size: width, ...(isWhole && { incrs: WHOLE_STEPS }), values: (plot, splits) => splits.map(formatNumber) },
    ],
    series: [{}, ...lines.map(({ kind }, index) => ({ stroke: colors[index], width: 2, dash: DASHES[kind], points: { show: days.length < 20 }, ...(kind === "bars" && { fill: colors[index], width: 0, paths: uPlot.paths.bars({ size: [0.6, 48] }), points: { show: false } }) }))],
    bands: band ? [{ series: band.map((index) => index + 1), fill: () => colors[band[0]]().replace(/^rgb\((.*)\)$/, "rgba($1, 0.18)") }] : [],
    hooks: { setCursor: [(plot) => onPlace(plot.cursor.idx ?? null)] },
  };
}
