// Elements and their text. Whatever a player or a file has written goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element with attributes, listeners (on…) and children, which are elements or text. */
export function make(name, attributes = {}, ...children) {
  const svg = ["rect", "text", "polyline", "line", "title", "g"].includes(name);
  const element = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

/** Replaces the body of a table; `rows` are lists of cells. With none, one row says so. */
export function fill(table, rows, nothing = "none") {
  const body = table.tBodies[0];
  const columns = table.tHead.rows[0].cells.length;
  const empty = [make("tr", {}, make("td", { class: "empty", colspan: columns }, nothing))];
  body.replaceChildren(...(rows.length ? rows : empty));
}

/** A row of cells; each is text, or an element that becomes the cell's content. */
export const row = (...cells) => make("tr", {}, ...cells.map((cell) => (cell?.tagName === "TD" ? cell : make("td", {}, cell))));

/** A cell of buttons: [label, what it is about, action, whether it is dangerous]. */
export function buttons(...told) {
  const made = told.map(([label, about, act, danger]) =>
    make("button", { type: "button", "aria-label": `${label} ${about}`, class: danger && "danger", onclick: act }, label));
  return make("td", { class: "acts" }, ...made);
}

/** Seconds as people read them. */
export function lasting(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const whole = Math.round(seconds);
  if (whole < 90) return `${whole} s`;
  if (whole < 5400) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return whole < 172800 ? `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min` : `${Math.round(whole / 86400)} days`;
}

/** Asks in a dialog; resolves to {field: text} or null. `fields`: [name, label, attributes]. */
export function ask(title, yes, fields) {
  const dialog = byId("ask");
  byId("ask-title").textContent = title;
  byId("ask-yes").textContent = yes;
  const inputs = fields.map(([name, label, attributes]) => [name, label, make("input", { id: `ask-${name}`, ...attributes })]);
  byId("ask-fields").replaceChildren(...inputs.flatMap(([name, label, input]) => [make("label", { for: `ask-${name}` }, label), input]));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const no = byId("ask-no");
    const cancel = () => dialog.close("");
    const submit = (event) => { event.preventDefault(); dialog.close("yes"); };
    no.addEventListener("click", cancel);
    byId("ask-form").addEventListener("submit", submit);
    dialog.addEventListener("close", () => {
      no.removeEventListener("click", cancel);
      byId("ask-form").removeEventListener("submit", submit);
      const values = Object.fromEntries(inputs.map(([name, , input]) => [name, input.value]));
      resolve(dialog.returnValue === "yes" ? values : null);
    }, { once: true });
  });
}
