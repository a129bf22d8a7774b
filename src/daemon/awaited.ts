/** Whoever waits for a state to be so; told after every change of it. */
export class Awaited {
  private readonly looks = new Set<() => void>();

  /** Resolves as soon as it is so; looks at once, and again after every change. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise(done => {
      const look = () => {
        if (!isSo()) return;
        this.looks.delete(look);
        done();
      };
      this.looks.add(look);
      look();
    });
  }

  changed(): void {
    for (const look of this.looks) look();
  }
}
