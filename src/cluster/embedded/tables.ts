import type { Entry, Written } from '../engine.ts';

/** One table of the hub: the newest entry of each key. Deleted ones stay, so that their revision does. */
export class HubTable {
  private readonly entries = new Map<string, Entry>();
  private revision = 0;
  private readonly watchers = new Set<(entry: Entry) => void>();

  get(key: string): Entry | undefined {
    return this.entries.get(key);
  }

  put(key: string, value: Uint8Array | undefined, expected: number | undefined): Written {
    const present = this.entries.get(key);
    const at = present?.value === undefined ? undefined : present.revision;
    if (at !== expected && !(expected !== undefined && present?.revision === expected))
      return { is: 'conflict' };
    this.revision += 1;
    const entry = { key, value: value?.slice(), revision: this.revision };
    // Put again at the end: the order of the map is the order of revisions.
    this.entries.delete(key);
    this.entries.set(key, entry);
    for (const watcher of this.watchers) watcher(entry);
    return { is: 'written', revision: entry.revision };
  }

  all(): readonly Entry[] {
    return [...this.entries.values()];
  }

  watch(watcher: (entry: Entry) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}
