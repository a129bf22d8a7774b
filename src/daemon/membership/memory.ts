import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../../connectors/file/durable.ts';
import { makeFolders } from '../../connectors/file/folders.ts';
import { code } from '../../connectors/file/place.ts';
import type { Profile } from '../../core/cluster/member.ts';
import type { Floor } from '../../core/cluster/state.ts';
import type { Failure } from '../../core/failure.ts';

const count = z.int().nonnegative();
const schema = z.object({
  version: z.literal(1),
  floors: z.record(z.string(), z.object({ epoch: count, edition: count })),
  offers: z.record(z.string(), z.object({ configuration: z.string(), edition: count })),
});

type Kept = z.infer<typeof schema>;

const NOTHING: Kept = { version: 1, floors: {}, offers: {} };

/**
 * What a member remembers of its cluster over a restart: the highest epochs and editions that it has seen, so that
 * a table which the engine has lost is made anew above them, and the editions of its own configuration.
 */
export class ClusterMemory {
  private writing: Promise<void> | undefined;
  private next: string | undefined;
  private written: string;

  private constructor(
    private readonly folder: string,
    private readonly kept: Kept,
    /** Why nothing is remembered, where something should be. */
    readonly damage: Failure | undefined,
    private readonly report: (failure: Failure) => void,
  ) {
    this.written = JSON.stringify(kept);
  }

  static read(state: string, report: (failure: Failure) => void): ClusterMemory {
    const file = join(state, FILE);
    try {
      return new ClusterMemory(
        state,
        schema.parse(JSON.parse(readFileSync(file, 'utf8'))),
        undefined,
        report,
      );
    } catch (error) {
      const isNew = code(error) === 'ENOENT';
      return new ClusterMemory(state, NOTHING, isNew ? undefined : damaged(file, error), report);
    }
  }

  get floors(): ReadonlyMap<string, Floor> {
    return new Map(Object.entries(this.kept.floors));
  }

  /** The edition of a configuration that is offered anew: one more than the last where it is another one. */
  edition(task: string, configuration: string): number {
    const before = this.kept.offers[task];
    if (before === undefined) return 1;
    return before.configuration === configuration ? before.edition : before.edition + 1;
  }

  /** Written soon, one after the other: only the newest that is to follow counts. */
  remember(floors: ReadonlyMap<string, Floor>, self: Profile): void {
    const offers = Object.entries(self.tasks).map(([task, { configuration, edition }]) => [
      task,
      { configuration, edition },
    ]);
    const kept = { version: 1, floors: Object.fromEntries(floors), offers: Object.fromEntries(offers) };
    this.next = JSON.stringify(kept);
    this.writing ??= this.write().finally(() => {
      this.writing = undefined;
    });
  }

  /** Resolves when nothing is left to be written. */
  async settled(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
  }

  private async write(): Promise<void> {
    for (let text = this.next; text !== undefined; text = this.next) {
      this.next = undefined;
      if (text === this.written) continue;
      try {
        await makeFolders(this.folder);
        await writeDurably(this.folder, join(this.folder, FILE), new TextEncoder().encode(text));
        this.written = text;
      } catch (error) {
        this.report(unwritten(join(this.folder, FILE), error));
      }
    }
  }
}

const FILE = 'cluster.json';

function damaged(file: string, error: unknown): Failure {
  return {
    failure: 'unreadable',
    message: `what this member remembers of its cluster cannot be read (${code(error) ?? 'it is damaged'})`,
    at: { file },
    hint: 'it goes on without: only if the servers have lost their tables as well is anything missing',
  };
}

function unwritten(file: string, error: unknown): Failure {
  return {
    failure: 'unwritable',
    message: `what this member remembers of its cluster cannot be written (${code(error) ?? (error as Error).message})`,
    at: { file },
    hint: 'make the state folder writable, and see that its disk has room',
  };
}
