import { type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { type Change, type Hash, hashOf, type Scribe, type Sighting } from './history.ts';

const EYES = { proc: 'eyes', type: 'ok' } as const;

/** A ledger as far as it is looked at here; read by nobody's code but this. */
interface LedgerText {
  readonly epoch: number;
  readonly task?: { readonly epoch: number; readonly owner: string };
  readonly sequence: number;
  readonly files: Readonly<Record<string, { readonly file: Hash }>>;
  readonly history: readonly {
    readonly sequence: number;
    readonly where?: string;
    readonly files: readonly { readonly path: string; readonly after: Hash }[];
  }[];
}

/**
 * Somebody on the backup who has nothing to do with warmspare: watches the folder of one task, and notes every
 * version that stands at one of its files, and what lies in the replication's own folder: the owners' folders
 * first, then the ledger. All of a process's watches come in the order of what happened, and each look is whole
 * before the next: what is noted later is never older.
 */
export class BackupEyes {
  private readonly watchers = new Map<string, FSWatcher>();
  private readonly last = new Map<string, Hash>();
  private sighted = '';

  constructor(
    private readonly task: string,
    private readonly root: string,
    files: readonly string[],
    private readonly history: Scribe,
  ) {
    const known = new Set(files);
    this.watch(root, name => {
      if (known.has(name)) this.look(name);
      else if (name === '.warmspare') this.enter();
    });
    for (const file of files) this.look(file);
    this.enter();
  }

  close(): void {
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private get own(): string {
    return join(this.root, '.warmspare', this.task);
  }

  /** Watches a folder once it is there. */
  private watch(folder: string, seen: (name: string) => void): boolean {
    if (this.watchers.has(folder)) return true;
    try {
      const watcher = watch(folder, (_, name) => seen(name ?? ''));
      watcher.on('error', () => undefined);
      this.watchers.set(folder, watcher);
      return true;
    } catch {
      return false;
    }
  }

  /** The replication's own folder comes by and by; what was there before the watch began is looked at. */
  private enter(): void {
    if (!this.watch(join(this.root, '.warmspare'), name => name === this.task && this.enter())) return;
    if (this.watch(this.own, () => this.sight())) this.sight();
  }

  private look(file: string): void {
    const hash = hashOf(read(join(this.root, file)));
    if (this.last.get(file) === hash) return;
    this.last.set(file, hash);
    this.history.add({ ...EYES, op: 'see', task: this.task, file, hash });
  }

  private sight(): void {
    const epochs = this.epochs();
    const text = read(join(this.own, 'ledger.json'))?.toString();
    const seen = `${epochs} ${text}`;
    if (seen === this.sighted) return;
    this.sighted = seen;
    const ledger = text === undefined ? null : ledgerOf(JSON.parse(text));
    this.history.add({ ...EYES, op: 'sight', task: this.task, epochs, ledger });
  }

  private epochs(): number[] {
    try {
      const numbers = readdirSync(this.own).flatMap(name => /^epoch-(\d+)$/.exec(name)?.[1] ?? []);
      return numbers.map(Number).sort((a, b) => a - b);
    } catch {
      return [];
    }
  }
}

function ledgerOf({ epoch, task, sequence, files, history }: LedgerText): Sighting['ledger'] {
  const changes = history.map(
    (one): Change => ({
      seq: one.sequence,
      by: one.where ?? null,
      files: Object.fromEntries(one.files.map(({ path, after }) => [path, after])),
    }),
  );
  const stand = Object.fromEntries(Object.entries(files).map(([path, { file }]) => [path, file]));
  const tenure = task === undefined ? null : { epoch: task.epoch, owner: task.owner };
  return { epoch, tenure, seq: sequence, changes, files: stand };
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
