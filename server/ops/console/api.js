// The ops API, as the browser asks it: with the cookie, and the header that no foreign page can send.

/** What an answer other than 200 says. */
export class Failed extends Error {
  constructor(status, body) {
    super(body.error || `the city answers ${status}`);
    this.status = status;
    this.body = body;
  }
}

async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { "X-Console": "1", ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body && JSON.stringify(body),
    credentials: "same-origin",
  });
  let said = {};
  try { said = await response.json(); } catch { /* Not JSON: the status says enough. */ }
  if (!response.ok) throw new Failed(response.status, said);
  return said;
}

/** Looks. */
export const look = (path) => ask("GET", path);

/** Acts. */
export const act = (path, body = {}) => ask("POST", path, body);
