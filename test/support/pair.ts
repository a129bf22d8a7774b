import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { type Host, nodeHost } from '../../src/cli/host.ts';
import { run } from '../../src/cli/run.ts';

/** One for all: each would listen to the process's own streams. */
const REAL = nodeHost(new AbortController().signal);

/** What one command printed, and how it ended. */
export interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A primary and a backup in a temporary folder, with a configuration file between them, driven
 * through the command line's own entry. Removed by `remove()`.
 */
export class NodePair {
  readonly folder = mkdtempSync(join(tmpdir(), 'warmspare-test-'));
  /** The time that commands see, in milliseconds since 1970; tests move it by hand. */
  now = Date.UTC(2026, 0, 1);

  constructor(relationship: Record<string, unknown>, more: Record<string, unknown> = {}) {
    for (const name of ['primary', 'backup']) mkdirSync(join(this.folder, name));
    this.configure(relationship, more);
  }

  configure(relationship: Record<string, unknown>, more: Record<string, unknown> = {}): void {
    const config = {
      version: 1,
      state: './state',
      relationships: {
        pair: { primary: { path: './primary' }, backup: { path: './backup' }, ...relationship },
      },
      ...more,
    };
    writeFileSync(join(this.folder, 'warmspare.yaml'), stringify(config));
  }

  path(side: 'primary' | 'backup', file: string): string {
    return join(this.folder, side, file);
  }

  write(side: 'primary' | 'backup', file: string, content: string | Uint8Array): void {
    const path = this.path(side, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  read(side: 'primary' | 'backup', file: string): string {
    return readFileSync(this.path(side, file), 'utf8');
  }

  async warmspare(...argv: string[]): Promise<Outcome> {
    let [stdout, stderr] = ['', ''];
    const host: Host = {
      ...REAL,
      cwd: this.folder,
      now: () => this.now,
      stdout: { isTTY: false, columns: 80, write: text => (stdout += text) },
      stderr: { isTTY: false, columns: 80, write: text => (stderr += text) },
    };
    const exit = await run(argv, host);
    return { exit, stdout, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a test with a pair and removes it, whatever happens. */
export async function withPair(
  relationship: Record<string, unknown>,
  work: (pair: NodePair) => Promise<void>,
): Promise<void> {
  const pair = new NodePair(relationship);
  try {
    await work(pair);
  } finally {
    pair.remove();
  }
}
