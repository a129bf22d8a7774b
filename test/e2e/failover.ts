import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type NodePair, withPair } from '../support/pair.ts';
import { type TreeOptions, tree } from './tree.ts';

/** Two machines: the primary's can be taken away, and what is known of a failed one with it. */
export class Machines {
  constructor(readonly pair: NodePair) {}

  /** The primary's machine is gone: its files, and the state and the configuration file that lay there. */
  primaryGone(): void {
    const away = join(this.pair.folder, 'away');
    mkdirSync(away);
    for (const name of ['primary', 'state', 'warmspare.yaml'])
      renameSync(join(this.pair.folder, name), join(away, name));
  }

  primaryReturns(): void {
    const away = join(this.pair.folder, 'away');
    for (const name of ['primary', 'state', 'warmspare.yaml'])
      renameSync(join(away, name), join(this.pair.folder, name));
    rmSync(away, { recursive: true });
  }

  /** A side's files with names, bytes, modes, times and inodes; without what replication keeps there. */
  files(side: 'primary' | 'backup', options: TreeOptions = { times: true }): Record<string, string> {
    return tree(join(this.pair.folder, side), { ...options, without: ['.warmspare'] });
  }

  /** All of a side, replication's own folder too. */
  everything(side: 'primary' | 'backup'): Record<string, string> {
    return tree(join(this.pair.folder, side), { times: true });
  }

  json = async (...argv: string[]) => {
    const { exit, stdout } = await this.pair.warmspare(...argv, '--json');
    return { exit, ...JSON.parse(stdout) };
  };

  ledger(side: 'primary' | 'backup') {
    const file = join(this.pair.folder, side, '.warmspare/pair/ledger.json');
    return JSON.parse(readFileSync(file, 'utf8'));
  }
}

export async function withMachines(
  relationship: Record<string, unknown>,
  work: (machines: Machines, pair: NodePair) => Promise<void>,
): Promise<void> {
  await withPair(relationship, pair => work(new Machines(pair), pair));
}
