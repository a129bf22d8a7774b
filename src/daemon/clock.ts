/** Time as the daemon sees it; the simulator and tests have one of their own. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since 1970, for people: no decision hangs on it. */
  wall(): number;
  /** Calls back at a monotonic time; the answer calls it off. */
  at(time: number, call: () => void): () => void;
}

/** A timer's longest wait; whoever waits longer is called early, and waits again. */
const LONGEST_MS = 60_000;

export const realClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  at: (time, call) => {
    const wait = Math.max(0, Math.min(time - performance.now(), LONGEST_MS));
    // A timer counts whole milliseconds and would otherwise ring a little too soon, twice.
    const timer = setTimeout(call, Math.ceil(wait));
    return () => clearTimeout(timer);
  },
};
