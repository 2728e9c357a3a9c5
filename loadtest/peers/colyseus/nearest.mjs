// The exact nearest of a crowd, from a grid: what a city of any size has to do before it can filter by distance.

const CELL_CM = 400; // a crowd of one person per square metre has 64 people within 4.5 m
const CELLS = 25; // 100 m

const cellOf = (cm) => Math.min(CELLS - 1, Math.max(0, Math.floor(cm / CELL_CM)));

export class Grid {
  constructor(bodies) {
    this.cells = Array.from({ length: CELLS * CELLS }, () => []);
    for (const body of bodies) this.cells[cellOf(body.z) * CELLS + cellOf(body.x)].push(body);
  }

  // The `count` bodies nearest to `viewer`, in no order, without itself.
  nearest(viewer, count) {
    for (let reach = 2; ; reach++) {
      const found = this.within(viewer, reach);
      // Whoever is nearer than the edge of the cells that were searched has been found for certain.
      const sure = found.filter((each) => each.away <= (reach - 1) * CELL_CM);
      if (sure.length < count && reach < CELLS) continue;
      const rest = sure.length < count ? found : sure;
      rest.sort((a, b) => a.away - b.away);
      return rest.slice(0, count).map((each) => each.body);
    }
  }

  // Everybody in the cells up to `reach` - 1 away from the viewer's, with how far away, in cm.
  within(viewer, reach) {
    const found = [];
    const [across, along] = [cellOf(viewer.x), cellOf(viewer.z)];
    const [low, high] = [Math.max(0, along - reach + 1), Math.min(CELLS - 1, along + reach - 1)];
    for (let z = low; z <= high; z++) {
      for (let x = Math.max(0, across - reach + 1); x <= Math.min(CELLS - 1, across + reach - 1); x++) {
        for (const body of this.cells[z * CELLS + x]) {
          if (body !== viewer) found.push({ body, away: Math.hypot(body.x - viewer.x, body.z - viewer.z) });
        }
      }
    }
    return found;
  }
}
