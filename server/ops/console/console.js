// The console: signs in, follows the live stream, and lets operators act. The server decides what they may.

import { act, look } from "./api.js";
import { ask, buttons, byId, fill, lasting, make, row } from "./dom.js";
import { Plot, draw } from "./plots.js";

const ROWS_MAX = 500;
// The live stream comes once a second; lists that change more seldom are asked for as often as somebody would look.
const LISTS_MS = 5000;

const plots = {
  tick: new Plot("plot-tick", ["p50", "p99"], 10),
  frames: new Plot("plot-frames", ["p50"], 10),
  people: new Plot("plot-people", ["p50", "p99"], 10),
};
let stream = null;
let lists = 0;

// ---- signing in ----------------------------------------------------------------------------------

async function begin() {
  try {
    const me = await look("/api/me");
    byId("who").textContent = `${me.by}, ${me.role}`;
    document.body.classList.toggle("viewer", me.role !== "operator");
    show(true);
    follow();
  } catch {
    show(false);
  }
}

function show(inside) {
  byId("desk").hidden = !inside;
  byId("sign-in").hidden = inside;
  if (inside) return;
  stream?.close();
  clearInterval(lists);
  byId("token").focus();
}

byId("sign-in-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = byId("sign-in-button"), error = byId("sign-in-error");
  button.disabled = true;
  error.textContent = "";
  try {
    await act("/api/sign-in", { token: byId("token").value });
    byId("token").value = "";
    await begin();
  } catch (failed) {
    error.textContent = failed.status === 401 ? "This is not the token." : failed.message;
  }
  button.disabled = false;
});

byId("sign-out").addEventListener("click", async () => {
  await attempt(() => act("/api/sign-out"));
  show(false);
});

// ---- doing ---------------------------------------------------------------------------------------

function notice(text, failed = false) {
  const place = byId("notice");
  place.hidden = false;
  place.textContent = text;
  place.classList.toggle("error", failed);
}

/** Does something, says what came of it, and shows the lists as they are then. */
async function attempt(doing, done) {
  try {
    const said = await doing();
    if (done) notice(typeof done === "function" ? done(said) : done);
    return said;
  } catch (failed) {
    if (failed.status === 401) show(false);
    notice(failed.body?.message ? `${failed.message}: ${failed.body.message}` : failed.message, true);
    return null;
  } finally {
    if (done) refresh();
  }
}

// ---- now -----------------------------------------------------------------------------------------

function follow() {
  stream?.close();
  stream = new EventSource("/api/live/stream");
  stream.addEventListener("message", (event) => now(JSON.parse(event.data)));
  stream.addEventListener("error", () => state("bad", "no word from the city"));
  clearInterval(lists);
  lists = setInterval(refresh, LISTS_MS);
  refresh();
  search();
}

function state(kind, text) {
  byId("state").replaceChildren(make("b", { class: kind }, text));
}

function now(live) {
  byId("city-name").textContent = live.name;
  if (live.closes_in_s !== null) state("bad", `closing in ${Math.ceil(live.closes_in_s)} s`);
  else if (!live.ready) state("warn", "not letting anybody in");
  else if (live.shed_level) state("warn", `open, shed level ${live.shed_level}`);
  else state("good", "open");
  const waiting = Object.values(live.waiting).reduce((sum, each) => sum + each, 0);
  figures({
    "People": `${live.players} of ${live.capacity}`,
    "Connected": live.connected,
    "Waiting": Object.entries(live.waiting).map(([lane, count]) => `${count} ${lane}`).join(", "),
    "Wait": live.wait_s === null ? "not known" : lasting(live.wait_s),
    "Shed level": live.shed_level,
    "Busy": `${Math.round(100 * live.busy)} of ${Math.round(100 * live.busy_max)} %`,
    "Ticks left out": `${live.skipped_per_s}/s`,
    "Sent": `${Math.round(live.sent_bytes_per_s / 1000)} KB/s`,
    "Store": live.store_up ? "answers" : "is away",
    "Up": lasting(live.uptime_s),
  });
  byId("tick-now").textContent = `${live.tick_ms.p50} / ${live.tick_ms.p99}`;
  byId("frames-now").textContent = Math.round(live.frames_per_s);
  byId("people-now").textContent = live.players;
  plots.tick.add(live.tick_ms.p50, live.tick_ms.p99);
  plots.frames.add(live.frames_per_s);
  plots.people.add(live.players, waiting);
  draw(live.zones, live.cell_m);
  fill(byId("zones"), live.zones.map((zone) => row(zone.name.replaceAll("_", " "), zone.people, zone.layers.length > 1 ? zone.layers.join(" + ") : "")));
  offer(live.zones);
}

function figures(told) {
  byId("figures").replaceChildren(...Object.entries(told).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

/** The zones to announce in, once. */
function offer(zones) {
  const choice = byId("announce-zone");
  if (choice.options.length > 1) return;
  choice.append(...zones.map((zone) => make("option", { value: zone.name }, zone.name.replaceAll("_", " "))));
}

// ---- lists ---------------------------------------------------------------------------------------

async function refresh() {
  try {
    const [events, sanctions, audit] = await Promise.all([look("/events"), look("/api/sanctions"), look("/api/audit?rows=30")]);
    fill(byId("events"), events.events.map(event));
    fill(byId("sanctions"), sanctions.sanctions.map(sanction), "nobody");
    if (byId("audit").dataset.older !== "yes") fill(byId("audit"), audit.rows.map(logged), "nothing yet");
  } catch (failed) {
    if (failed.status === 401) show(false);
  }
}

function event(told) {
  const steer = (action, body) => () => attempt(() => act(`/events/${told.name}/${action}`, body), `${told.name}: ${action}`);
  const extend = async () => {
    const said = await ask(`Extend ${told.name}`, "Extend", [["seconds", "By how many seconds", { type: "number", min: 1, max: 86400, value: 60, required: true }]]);
    if (said) steer("extend", { seconds: Number(said.seconds) })();
  };
  const acts = {
    idle: [["Start", told.name, steer("start")], ["Rehearse", told.name, steer("rehearse")]],
    rehearsal: [["Pause", told.name, steer("pause")], ["Extend", told.name, extend], ["Cancel", told.name, steer("cancel"), true]],
    running: [["Pause", told.name, steer("pause")], ["Extend", told.name, extend], ["Cancel", told.name, steer("cancel"), true]],
    paused: [["Resume", told.name, steer("resume")], ["Extend", told.name, extend], ["Cancel", told.name, steer("cancel"), true]],
    ending: [],
  };
  const name = `${told.name} (${told.kind}, ${told.zone})`.replaceAll("_", " ");
  const stands = told.rehearsal && told.state !== "rehearsal" ? `${told.state}, rehearsal` : told.state;
  return row(name, stands, lasting(told.ends_in_s), buttons(...acts[told.state]));
}

function sanction(told) {
  const lift = told.kind === "ban" ? "unban" : "unmute";
  const label = told.kind === "ban" ? "Unban" : "Unmute";
  const until = told.until_ms === null ? "for good" : new Date(told.until_ms).toLocaleString();
  const doing = () => attempt(() => act(`/api/people/${told.account}/${lift}`), `account ${told.account}: ${lift}`);
  return row(told.account, told.kind, until, told.by, told.reason, buttons([label, `account ${told.account}`, doing]));
}

const logged = (told) => row(new Date(told.at_ms).toLocaleTimeString(), told.by, told.action, told.about, told.result);

byId("audit-older").addEventListener("click", async () => {
  const body = byId("audit").tBodies[0];
  const last = byId("audit").dataset.last;
  const page = await attempt(() => look(`/api/audit?rows=50${last ? `&before=${last}` : ""}`));
  if (!page || body.rows.length > ROWS_MAX) return;
  if (!last) body.replaceChildren();
  body.append(...page.rows.map(logged));
  byId("audit").dataset.older = "yes";
  if (page.rows.length) byId("audit").dataset.last = page.rows.at(-1).number;
});

// ---- people --------------------------------------------------------------------------------------

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});

async function search() {
  const text = byId("search-text").value.trim();
  const account = /^#[1-9]\d{0,15}$/.test(text) ? `account=${text.slice(1)}` : `name=${encodeURIComponent(text)}`;
  const found = await attempt(() => look(`/api/people?${account}`));
  if (!found) return;
  byId("search-note").textContent = found.more ? "The first 50; there are more." : `${found.people.length} found`;
  fill(byId("people"), found.people.map(person), "nobody");
}

function person(told) {
  const about = `account ${told.account}`;
  const can = (action) => async () => {
    const said = await ask(`${action} ${told.name} (${about})`, action, FIELDS[action]);
    if (!said) return;
    const { seconds, ...rest } = said;
    const body = { ...rest, ...(seconds ? { seconds: Number(seconds) } : {}) };
    await attempt(() => act(`/api/people/${told.account}/${action.toLowerCase()}`, body), `${told.name}: ${action.toLowerCase()}`);
    search();
  };
  const muted = told.muted_s === null ? "" : ", muted";
  const stands = `${told.connected ? "connected" : "link lost"}${told.staff ? ", staff" : ""}${muted}`;
  const acts = [["Kick", about, can("Kick")], ["Mute", about, can("Mute")], ["Ban", about, can("Ban"), true]];
  return row(told.account, told.name, told.zone.replaceAll("_", " "), told.layer, stands, buttons(...acts));
}

const reason = (text) => ["reason", "Why, for the player to read", { maxlength: 100, required: true, value: text }];
const FIELDS = {
  Kick: [reason("an operator asked you to leave")],
  Mute: [["seconds", "For how many seconds", { type: "number", min: 1, max: 2678400, value: 600, required: true }], reason("an operator has muted you")],
  Ban: [["seconds", "For how many seconds; empty is for good", { type: "number", min: 1, max: 315360000 }], reason("this account is banned")],
};

// ---- content -------------------------------------------------------------------------------------

byId("content-check").addEventListener("click", async () => {
  const button = byId("content-check");
  button.disabled = true;
  compare(await attempt(() => look("/content/difference")));
  button.disabled = false;
});

byId("content-apply").addEventListener("click", async () => {
  const digest = byId("content-apply").dataset.digest;
  const said = await ask("Have the running city take over these changes?", "Apply", []);
  if (!said) return;
  compare(null);
  await attempt(() => act("/content/apply", { digest }), (told) => `content applied: ${told.changes} changes in ${told.zones} zones`);
});

/** Shows what a check has found; null forgets the one before. */
function compare(told) {
  const apply = byId("content-apply");
  apply.hidden = !told?.applicable;
  apply.dataset.digest = told?.digest ?? "";
  byId("content-found").hidden = !told;
  byId("content-note").textContent = told ? verdict(told) : "";
  if (!told) return;
  fill(byId("content-faults"), told.faults.map(fault));
  fill(byId("content-changes"), told.changes.map(change));
  byId("content-faults").hidden = told.valid;
  byId("content-changes").hidden = !told.changes.length;
}

function verdict(told) {
  const more = told.more ? ` ${told.more} more are not shown.` : "";
  if (!told.valid) return `The files have faults, and nothing of them can be applied.${more}`;
  if (!told.changes.length) return "The city runs on these files.";
  return told.applicable ? `All of this can be applied while the city runs.${more}` : `Some of this needs a restart, so nothing is applied.${more}`;
}

const fault = (told) => row(told.line === null ? told.file : `${told.file}:${told.line}`, told.key, told.value ?? "missing", told.allowed);
const change = (told) => row(told.file, told.key, told.before ?? "new", told.after ?? "gone", told.live ? "now" : `needs a restart: ${told.needs_restart}`);

// ---- announcing, the budget, closing -------------------------------------------------------------

byId("announce").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = byId("announce-text"), zone = byId("announce-zone").value;
  const said = await attempt(() => act("/api/announcements", { text: text.value, ...(zone ? { zone } : {}) }), (told) => `announced to ${told.people} people`);
  if (said) text.value = "";
});

byId("budget").addEventListener("submit", (event) => {
  event.preventDefault();
  const busy_max = Number(byId("budget-percent").value) / 100;
  attempt(() => act("/api/budget", { busy_max }), (told) => `detail is shed from ${Math.round(100 * told.busy_max)} % on, until the city starts again`);
});

byId("drain").addEventListener("submit", async (event) => {
  event.preventDefault();
  const seconds = Number(byId("drain-seconds").value);
  const said = await ask(`Close the city in ${lasting(seconds)}?`, "Close the city", []);
  if (said) attempt(() => act("/api/drain", { seconds }), (told) => `closing in ${lasting(told.closes_in_s)}`);
});

begin();
