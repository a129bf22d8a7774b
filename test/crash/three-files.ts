import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NAMES } from '../e2e/fixtures.ts';
import { NodePair } from '../support/pair.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES, guard: 'off' };

/** Whole versions only: each line is one of as many as the first one says. */
function version(of: string, node: string): string {
  return Array.from({ length: 50 }, (_, line) => `${node} ${of} ${line} of 50\n`).join('');
}

interface Version {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const three = (node: string): Record<string, Version> => ({
  'etc/changed.conf': { before: version('old', node), after: version('new', node) },
  'etc/deleted.conf': { before: version('gone', node), after: undefined },
  'etc/more/new.conf': { before: undefined, after: version('more', node) },
});

/** What the backup is to have, by path. */
export const THREE = three('nas2');

/** A pair after its baseline, whose primary has changed one file, deleted one and made one since. */
export async function withThree<T>(work: (pair: NodePair) => Promise<T>): Promise<T> {
  const pair = new NodePair(RELATIONSHIP);
  try {
    for (const [file, { before }] of Object.entries(three('nas1'))) {
      if (before !== undefined) pair.write('primary', file, before);
    }
    const { exit, stderr } = await pair.warmspare('update');
    if (exit !== 0) throw new Error(`the baseline ended with ${exit}: ${stderr}`);
    nameOwners(pair);
    pair.now += 60_000;
    for (const [file, { after }] of Object.entries(three('nas1'))) {
      if (after === undefined) rmSync(pair.path('primary', file));
      else pair.write('primary', file, after);
    }
    return await work(pair);
  } finally {
    pair.remove();
  }
}

/** The owner of the baseline has ended; a name that is the same in every run lets calls on it be foretold. */
function nameOwners(pair: NodePair): void {
  const own = pair.path('backup', '.warmspare/pair');
  for (const epoch of readdirSync(own).filter(name => name.startsWith('epoch-'))) {
    for (const owner of readdirSync(join(own, epoch)))
      renameSync(join(own, epoch, owner), join(own, epoch, '0'.repeat(owner.length)));
  }
}

export function onBackup(pair: NodePair, file: string): string | undefined {
  const path = pair.path('backup', file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** The files that are neither wholly what they were nor wholly what they are to be. */
export function torn(pair: NodePair): string[] {
  return Object.entries(THREE)
    .filter(([file, { before, after }]) => ![before, after].includes(onBackup(pair, file)))
    .map(([file]) => file);
}

/** The files that are not what they are to be. */
export function missed(pair: NodePair): string[] {
  return Object.entries(THREE)
    .filter(([file, { after }]) => after !== onBackup(pair, file))
    .map(([file]) => file);
}

interface Change {
  readonly sequence: number;
  readonly files: readonly { readonly path: string }[];
}

/** The changes after the baseline, the newest first. */
export async function changesOf(pair: NodePair): Promise<readonly Change[]> {
  const { stdout } = await pair.warmspare('history', '--json');
  const { changes } = JSON.parse(stdout) as { changes: readonly Change[] };
  return changes.filter(({ sequence }) => sequence > 1);
}

/** What is wrong after the next update, as sentences: nothing, where it has brought everything to its end. */
export async function faultsAfterUpdate(pair: NodePair): Promise<string[]> {
  const faults: string[] = [];
  const run = async (...argv: string[]) => {
    const { exit, stdout, stderr } = await pair.warmspare(...argv);
    if (exit !== 0) faults.push(`${argv.join(' ')} ended with ${exit}: ${stdout}${stderr}`);
  };
  pair.now += 60_000;
  await run('update');
  faults.push(...missed(pair).map(file => `${file} is not rewrite(primary)`));
  await run('verify');
  await run('status');
  const changes = await changesOf(pair);
  for (const file of Object.keys(THREE)) {
    const times = changes.filter(({ files }) => files.some(({ path }) => path === file)).length;
    if (times > 1) faults.push(`history has ${file} ${times} times`);
  }
  await run('update');
  if ((await changesOf(pair)).length !== changes.length) faults.push('one more update replicates again');
  return faults;
}

/** The same of a transaction: it is one change in the history, with all its files, and goes as one. */
export async function faultsAsOne(pair: NodePair): Promise<string[]> {
  const changes = (await changesOf(pair)).map(({ files }) => files.map(({ path }) => path).sort());
  const all = Object.keys(THREE).sort();
  if (JSON.stringify(changes) !== JSON.stringify([all])) return [`history has ${JSON.stringify(changes)}`];
  const { exit, stderr } = await pair.warmspare('undo');
  if (exit !== 0) return [`undo ended with ${exit}: ${stderr}`];
  return Object.entries(THREE)
    .filter(([file, { before }]) => before !== onBackup(pair, file))
    .map(([file]) => `${file} is not what it was`);
}
