/** Who is kept waiting while it is stopped, and for ever once it is gone. */
export interface Owner {
  isGone: boolean;
  isStopped: boolean;
}

interface Item {
  readonly at: number;
  readonly act: () => void;
  readonly owner: Owner | undefined;
}

/**
 * The one queue of everything that is going to happen. Real asynchronous code runs in it: whatever it
 * waits for is an item here, and the next item is taken only when nothing can go on by itself any more.
 */
export class Agenda {
  /** Monotonic milliseconds. */
  now = 0;
  private items: Item[] = [];
  private kept: Item[] = [];
  private count = 0;

  /** The answer calls it off. */
  at(time: number, act: () => void, owner?: Owner): () => void {
    const item: Item = { at: Math.max(time, this.now), act, owner };
    // From the end: most of what comes is later than most of what is there.
    let place = this.items.length;
    while (place > 0 && this.items[place - 1]!.at > item.at) place--;
    this.items.splice(place, 0, item);
    return () => {
      this.items = this.items.filter(other => other !== item);
    };
  }

  after(delay: number, act: () => void, owner?: Owner): () => void {
    return this.at(this.now + delay, act, owner);
  }

  /** Resolves after a while; never where its owner is gone by then. */
  pause(delay: number, owner?: Owner): Promise<void> {
    return new Promise(go => this.after(delay, go, owner));
  }

  /** Lets time pass, whatever is due on the way; `look` is called after each item. */
  async run(until: number, look: () => void): Promise<void> {
    await quiet();
    for (let item = this.items[0]; item !== undefined && item.at <= until; item = this.items[0]) {
      this.items.shift();
      if (item.owner?.isGone === true) continue;
      if (item.owner?.isStopped === true) {
        this.kept.push(item);
        continue;
      }
      this.count = item.at > this.now ? 0 : this.count + 1;
      if (this.count > 20_000) throw new Error(`the clock stands still at ${this.now}`);
      this.now = Math.max(this.now, item.at);
      item.act();
      await quiet();
      look();
    }
    this.now = Math.max(this.now, until);
  }

  /** What a stopped owner missed happens now, in its order. */
  goesOn(owner: Owner): void {
    const missed = this.kept.filter(item => item.owner === owner);
    this.kept = this.kept.filter(item => item.owner !== owner);
    for (const { act } of missed) this.at(this.now, act, owner);
  }
}

/** Resolves when no promise can go on by itself any more. */
export function quiet(): Promise<void> {
  return new Promise(go => setImmediate(go));
}
