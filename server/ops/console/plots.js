// Lines of the last three minutes, and the map of zones.

import { byId, make } from "./dom.js";

const SECONDS = 180;
const WIDTH = 360, HEIGHT = 100;

/** Lines over time in one SVG; `classes` names the style of each. */
export class Plot {
  constructor(id, classes, least) {
    this.svg = byId(id);
    this.classes = classes;
    this.least = least;
    this.points = [];
    this.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.svg.setAttribute("preserveAspectRatio", "none");
  }

  /** One more moment: a value for each line. */
  add(...values) {
    this.points.push(values);
    if (this.points.length > SECONDS) this.points.shift();
    const most = Math.max(this.least, ...this.points.flat()) * 1.1;
    const x = (at) => WIDTH - (this.points.length - 1 - at) * (WIDTH / SECONDS);
    const y = (value) => HEIGHT - (value / most) * HEIGHT;
    const lines = this.classes.map((style, line) =>
      make("polyline", { class: style, points: this.points.map((each, at) => `${x(at).toFixed(1)},${y(each[line]).toFixed(1)}`).join(" ") }));
    const half = make("line", { x1: 0, x2: WIDTH, y1: y(most / 2), y2: y(most / 2) });
    this.svg.replaceChildren(half, ...lines, make("title", {}, `up to ${Math.round(most)}`));
  }
}

/** From dark blue through amber to red, by people in a cell. */
function heat(people, area) {
  const share = Math.min(1, Math.log1p((people / area) * 100) / Math.log1p(100));
  return `hsl(${Math.round(215 - 215 * share)} 85% ${Math.round(28 + 27 * share)}%)`;
}

/** All zones in their places, north up, each cell coloured by how many people stand on a square metre. */
export function draw(zones, cell) {
  const west = Math.min(...zones.map((zone) => zone.x_m)), south = Math.min(...zones.map((zone) => zone.z_m));
  const east = Math.max(...zones.map((zone) => zone.x_m + zone.width_m)), north = Math.max(...zones.map((zone) => zone.z_m + zone.depth_m));
  const edge = (east - west) * 0.01;
  const map = byId("map");
  map.setAttribute("viewBox", `${west - edge} ${-north - edge} ${east - west + 2 * edge} ${north - south + 2 * edge}`);
  const size = Math.max(12, (east - west) * 0.024);
  map.replaceChildren(...zones.flatMap((zone) => [...cells(zone, cell), border(zone), ...words(zone, size)]));
}

function cells(zone, cell) {
  return zone.counts.flatMap((people, at) => {
    if (!people) return [];
    const x = zone.x_m + (at % zone.columns) * cell, z = zone.z_m + Math.floor(at / zone.columns) * cell;
    const width = Math.min(cell, zone.x_m + zone.width_m - x), depth = Math.min(cell, zone.z_m + zone.depth_m - z);
    return [make("rect", { x, y: -z - depth, width, height: depth, fill: heat(people, width * depth) }, make("title", {}, `${people} people`))];
  });
}

const border = (zone) => make("rect", { class: "zone", x: zone.x_m, y: -zone.z_m - zone.depth_m, width: zone.width_m, height: zone.depth_m });

function words(zone, size) {
  const place = (line) => ({ x: zone.x_m + size / 2, y: -zone.z_m - zone.depth_m + size * (1.2 + 1.2 * line), "font-size": size });
  return [make("text", place(0), zone.name.replaceAll("_", " ")), make("text", place(1), zone.people)];
}
