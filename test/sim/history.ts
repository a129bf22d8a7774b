/** What the tools of the primary finished, by path and in order; undefined: the file was taken away. */
export class History {
  private readonly versions = new Map<string, (string | undefined)[]>();

  private readonly times = new Map<string, number>();

  finished(path: string, text: string | undefined, at: number): void {
    this.times.set(path, at);
    const before = this.versions.get(path) ?? [undefined];
    this.versions.set(path, [...before, text]);
  }

  /** The number of a path's latest version; 0: there never was one. */
  latest(path: string): number {
    return (this.versions.get(path) ?? [undefined]).length - 1;
  }

  /** When the latest version was finished. */
  since(path: string): number {
    return this.times.get(path) ?? 0;
  }

  text(path: string, number = this.latest(path)): string | undefined {
    return this.versions.get(path)?.[number];
  }

  /** The last version up to `number` with a counterpart for which `isIt` holds; undefined: none. */
  find(path: string, isIt: (text: string | undefined) => boolean): number | undefined {
    const found = (this.versions.get(path) ?? [undefined]).findLastIndex(isIt);
    return found < 0 ? undefined : found;
  }
}
