/** What is to happen when, in simulated milliseconds; what is due at one time happens in the order it was set. */
export class Agenda {
  now = 0;
  private count = 0;
  private readonly heap: { readonly at: number; readonly order: number; readonly work: () => void }[] = [];

  at(at: number, work: () => void): void {
    const item = { at: Math.max(at, this.now), order: this.count++, work };
    const { heap } = this;
    let i = heap.push(item) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!isBefore(item, heap[up]!)) break;
      heap[i] = heap[up]!;
      i = up;
    }
    heap[i] = item;
  }

  /** Everything up to that time. */
  run(until: number): void {
    for (let next = this.heap[0]; next !== undefined && next.at <= until; next = this.heap[0]) {
      this.take();
      this.now = next.at;
      next.work();
    }
    this.now = until;
  }

  private take(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && isBefore(heap[down + 1]!, heap[down]!)) down++;
      if (!isBefore(heap[down]!, last)) break;
      heap[i] = heap[down]!;
      i = down;
    }
    heap[i] = last;
  }
}

function isBefore(a: { at: number; order: number }, b: { at: number; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
