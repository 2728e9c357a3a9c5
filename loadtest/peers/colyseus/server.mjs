// A plaza on Colyseus: `node server.mjs PORT views|room`, told to each its nearest 64, or to all everything.

import { Room, defineRoom, defineServer } from "@colyseus/core";
import { StateView, schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { Grid } from "./nearest.mjs";

const UPDATES_PER_S = 10;
const NEIGHBOURS = 64;
const RECHOSEN_EVERY = 5; // updates: each view twice a second, a fifth of them at a time
const PLAZA_CM = 10_000;
const SPEED_CM_S = [0, 180, 600]; // by gait: stand, walk, run
const TURN = 256;

// Ten bytes of what an avatar is, in the smallest types that hold it.
const Avatar = schema({
  x: t.int16(), y: t.int16(), z: t.int16(), heading: t.uint8(), animation: t.uint8(),
}, "Avatar");
const Filtered = schema({ avatars: t.map(Avatar).view() }, "Filtered");
const Whole = schema({ avatars: t.map(Avatar) }, "Whole");

const inside = (cm) => Math.min(PLAZA_CM, Math.max(0, Math.round(Number(cm) || 0)));

class Plaza extends Room {
  patchRate = 1000 / UPDATES_PER_S;
  messages = { move: (client, [steer, gait]) => Object.assign(client.userData, { steer, gait }) };

  onCreate({ filtered }) {
    this.filtered = filtered;
    this.state = filtered ? new Filtered() : new Whole();
    this.setFixedTimestep((step) => this.step(step), UPDATES_PER_S);
  }

  onJoin(client, { x, z }) {
    const avatar = new Avatar();
    [avatar.x, avatar.y, avatar.z, avatar.heading, avatar.animation] = [inside(x), 0, inside(z), 0, 0];
    client.userData = { avatar, x: avatar.x, z: avatar.z, steer: 0, gait: 0, seen: new Set() };
    this.state.avatars.set(client.sessionId, avatar);
    if (this.filtered) {
      client.view = new StateView();
      client.view.add(avatar);
    }
  }

  onLeave(client) {
    this.state.avatars.delete(client.sessionId);
    if (this.filtered) client.view.dispose();
  }

  step({ dt, tick }) {
    for (const { userData } of this.clients) walk(userData, dt);
    if (this.filtered) this.look(tick % RECHOSEN_EVERY);
  }

  // Choose anew what a fifth of all clients see.
  look(turn) {
    const grid = new Grid(this.state.avatars.values());
    for (let place = turn; place < this.clients.length; place += RECHOSEN_EVERY) {
      const { view, userData } = this.clients[place];
      const seen = new Set(grid.nearest(userData.avatar, NEIGHBOURS));
      for (const avatar of userData.seen) if (!seen.has(avatar)) view.remove(avatar);
      for (const avatar of seen) if (!userData.seen.has(avatar)) view.add(avatar);
      userData.seen = seen;
    }
  }
}

function walk(body, dt) {
  const angle = (body.steer / TURN) * 2 * Math.PI;
  const way = (SPEED_CM_S[body.gait] ?? 0) * dt;
  body.x = Math.min(PLAZA_CM, Math.max(0, body.x + Math.sin(angle) * way));
  body.z = Math.min(PLAZA_CM, Math.max(0, body.z + Math.cos(angle) * way));
  body.avatar.x = Math.round(body.x);
  body.avatar.z = Math.round(body.z);
  body.avatar.heading = body.steer;
  body.avatar.animation = body.gait;
}

const [port, mode] = process.argv.slice(2);
if (!Number(port) || !["views", "room"].includes(mode)) {
  console.error("usage: node server.mjs PORT views|room");
  process.exit(2);
}
const server = defineServer({
  greet: false,
  transport: new WebSocketTransport(),
  rooms: { plaza: defineRoom(Plaza, { filtered: mode === "views" }) },
});
await server.listen(Number(port), "127.0.0.1");
console.log("ready");
