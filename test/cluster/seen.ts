/** What a listener was told, and whoever waits for some of it. */
export class Seen<T> {
  readonly all: T[] = [];
  private readonly looks = new Set<() => void>();

  readonly add = (one: T): void => {
    this.all.push(one);
    for (const look of [...this.looks]) look();
  };

  /** Resolves when it is so; looks again at each thing that is told. */
  until(isSo: (all: readonly T[]) => boolean): Promise<void> {
    return new Promise(done => {
      const look = () => {
        if (!isSo(this.all)) return;
        this.looks.delete(look);
        done();
      };
      this.looks.add(look);
      look();
    });
  }

  count(count: number): Promise<void> {
    return this.until(all => all.length >= count);
  }
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (of: Uint8Array | undefined): string | undefined =>
  of === undefined ? undefined : new TextDecoder().decode(of);
