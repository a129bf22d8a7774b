/**
 * Hands over what was told, in order and each in a turn of the event loop of its own making: a listener is
 * never called from within the call that caused it, just as over a network.
 */
export class Queue {
  private readonly waiting: (() => void)[] = [];
  private scheduled = false;
  private ended = false;

  add(deliver: () => void): void {
    if (this.ended) return;
    this.waiting.push(deliver);
    if (!this.scheduled) this.schedule();
  }

  /** What waits comes to nothing, and nothing more is taken. */
  end(): void {
    this.ended = true;
    this.waiting.length = 0;
  }

  private schedule(): void {
    this.scheduled = true;
    setImmediate(() => this.deliver());
  }

  /** Only what waited when the turn began: two listeners that answer each other would keep the loop for themselves. */
  private deliver(): void {
    const now = this.waiting.splice(0);
    this.scheduled = false;
    for (const [at, deliver] of now.entries()) {
      if (this.ended) return;
      try {
        deliver();
      } catch (error) {
        // The mistake of one listener is told as every uncaught one is, and takes nothing from the others.
        this.waiting.unshift(...now.slice(at + 1));
        if (this.waiting.length > 0 && !this.scheduled) this.schedule();
        throw error;
      }
    }
  }
}
