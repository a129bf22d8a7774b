import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Transaction } from '../../src/connectors/connector.ts';
import { FileTarget } from '../../src/connectors/file/target.ts';
import type { Ledger } from '../../src/connectors/ledger.ts';
import { type Failure, isFailure } from '../../src/core/failure.ts';

export const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** What a change makes of files; undefined: deleted. `base` where it is another text than the file's. */
export type Change = Readonly<
  Record<string, string | undefined | { readonly text: string; readonly base: string }>
>;

/** A backup in a temporary folder with its connector, and the ledger that follows from its changes. */
export class Backup {
  readonly root: string;
  target: FileTarget;
  sequence = 0;
  definition = '{"relationship": "pair"}\n';
  private files: Ledger['files'] = {};
  private history: Ledger['history'] = [];

  constructor(parent = tmpdir()) {
    this.root = mkdtempSync(join(parent, 'warmspare-backup-'));
    this.target = this.open();
  }

  /** The connector, with no memory of any other one. */
  open(): FileTarget {
    return new FileTarget(this.root);
  }

  /** As another process would find it. */
  reopen(): void {
    this.target = this.open();
  }

  /** A file as the connector's calls name it. */
  named(...parts: string[]): string {
    return this.path(...parts);
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  own(...parts: string[]): string {
    return join(this.root, '.warmspare/pair', ...parts);
  }

  /** A place in the owner's directory of an epoch, relative to the replication's folder. */
  home(epoch: number, ...parts: string[]): string {
    const [token = 'nobody'] = this.names(`epoch-${epoch}`);
    return join(`epoch-${epoch}`, token, ...parts);
  }

  write(file: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), text);
    chmodSync(this.path(file), mode);
  }

  /** As an editor that has the file open writes into it. */
  append(file: string, text: string): void {
    appendFileSync(this.path(file), text);
  }

  /** Everything below the root, the replication's own folder too: each name with its inode and bytes. */
  tree(): string[] {
    const names = readdirSync(this.root, { recursive: true, encoding: 'utf8' }).sort();
    return names.map(name => {
      const found = lstatSync(this.path(name));
      const bytes = found.isFile() ? readFileSync(this.path(name)) : '';
      return `${name} ${found.ino} ${found.mode} ${hashOf(String(bytes))}`;
    });
  }

  read(file: string): string | undefined {
    return existsSync(this.path(file)) ? readFileSync(this.path(file), 'utf8') : undefined;
  }

  /** Names in a folder of the replication's own, in order. */
  names(...parts: string[]): string[] {
    return existsSync(this.own(...parts)) ? readdirSync(this.own(...parts)).sort() : [];
  }

  /** The transaction that brings the change about, against what stands there now. */
  transaction(change: Change): Transaction {
    const sequence = this.sequence + 1;
    const files: Record<string, Ledger['files'][string]> = { ...this.files };
    const touched: Ledger['history'][number]['files'] = [];
    const [puts, deletes, bases, expected] = [[], [], new Map(), new Map()] as unknown as [
      Transaction['puts'][number][],
      string[],
      Map<string, Uint8Array | undefined>,
      Map<string, string | undefined>,
    ];
    for (const [path, wanted] of Object.entries(change)) {
      const [text, base] = typeof wanted === 'object' ? [wanted.text, wanted.base] : [wanted, wanted];
      const was = this.read(path);
      const before = was === undefined ? undefined : hashOf(was);
      expected.set(path, before);
      bases.set(path, base === undefined ? undefined : Buffer.from(base));
      touched.push({
        path,
        before: before ?? null,
        after: text === undefined ? null : hashOf(text),
        deleted: 0,
        settings: 0,
      });
      if (text === undefined) {
        deletes.push(path);
        delete files[path];
        continue;
      }
      puts.push({
        path,
        bytes: Buffer.from(text),
        hash: hashOf(text),
        mode: 0o644,
        uid: process.getuid!(),
        gid: process.getgid!(),
      });
      files[path] = { format: 'ini', base: hashOf(base!), file: hashOf(text), sequence, local: [] };
    }
    const entry = { sequence, at: 0, plan: 'p', what: 'update' as const, who: 'somebody', files: touched };
    const ledger: Ledger = {
      version: 1,
      relationship: 'pair',
      backup: 'this one',
      epoch: this.target.epoch('pair') ?? 1,
      direction: 'forward',
      broken: false,
      configuration: hashOf(''),
      sequence,
      proven: 0,
      files,
      history: [...this.history, entry].slice(-20),
    };
    const { definition } = this;
    return { relationship: 'pair', puts, deletes, expected, bases, definition, ledger };
  }

  /** Takes the backup over where this process has not, and commits in that epoch. */
  async commit(planned: Transaction): Promise<Failure | undefined> {
    if (this.target.epoch('pair') === undefined) {
      const taken = await this.target.takeOver('pair');
      if (isFailure(taken)) return taken;
    }
    const epoch = this.target.epoch('pair')!;
    const transaction = { ...planned, ledger: { ...planned.ledger, epoch } };
    const failure = await this.target.commit(transaction);
    if (failure === undefined) {
      const { sequence, files, history } = transaction.ledger;
      [this.sequence, this.files, this.history] = [sequence, files, history];
    }
    return failure;
  }

  /** Brings a change about, with all that it leaves for afterwards. */
  async change(change: Change): Promise<void> {
    const failure = await this.commit(this.transaction(change));
    if (isFailure(failure)) throw new Error(`${failure.failure}: ${failure.message}`);
    await this.target.settled();
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Runs a test with a backup and removes it, whatever happens. */
export async function withBackup(work: (backup: Backup) => Promise<void>): Promise<void> {
  const backup = new Backup();
  try {
    await work(backup);
  } finally {
    backup.remove();
  }
}
