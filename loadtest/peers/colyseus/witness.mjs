// A player with the real client: `node witness.mjs URL SECONDS` joins, looks, and says in JSON what it saw.

import { Client } from "@colyseus/sdk";

const [url, seconds] = process.argv.slice(2);
const room = await new Client(url).joinOrCreate("plaza", { x: 5000, z: 5000 });
let updates = 0;
room.onStateChange(() => updates++);
const first = new Map();
await new Promise((resolve) => setTimeout(resolve, (Number(seconds) * 1000) / 2));
for (const [id, { x, z }] of room.state.avatars) first.set(id, [x, z]);
await new Promise((resolve) => setTimeout(resolve, (Number(seconds) * 1000) / 2));
let [others, moved] = [0, 0];
for (const [id, { x, z }] of room.state.avatars) {
  if (id === room.sessionId) continue;
  others += 1;
  const [wasX, wasZ] = first.get(id) ?? [x, z];
  moved += Number(wasX !== x || wasZ !== z);
}
console.log(JSON.stringify({ others, moved, updates }));
await room.leave();
process.exit(0);
