/** So long may work that needs no waiting go on before the event loop gets its turn, in milliseconds. */
const SLICE_MS = 5;

let began: number | undefined;
const waiting: (() => void)[] = [];

/**
 * Lets others have the event loop where this turn of it has lasted a while: what is read from a page cache
 * and planned at once never waits for anything, and would otherwise keep everybody else from theirs. Who
 * waits is let go on one by one, in the order in which they came, each with a turn of the loop between.
 */
export function turn(): Promise<void> | undefined {
  if (waiting.length === 0) {
    const now = performance.now();
    if (began === undefined) {
      begin(now);
      return undefined;
    }
    if (now - began <= SLICE_MS) return undefined;
  }
  return new Promise(go => {
    waiting.push(go);
    if (waiting.length === 1) setImmediate(next);
  });
}

function begin(now: number): void {
  began = now;
  setImmediate(() => {
    began = undefined;
  });
}

function next(): void {
  // The next one before this one goes on: what it asks for joins the end of the queue.
  const go = waiting[0];
  begin(performance.now());
  go?.();
  setImmediate(() => {
    waiting.shift();
    if (waiting.length > 0) next();
  });
}
