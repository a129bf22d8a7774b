import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { NodePair, type Outcome } from '../support/pair.ts';

/** What a mistake must end with, as a storage administrator sees it. */
export interface Refusal {
  readonly exit: number;
  /** The code as it is printed: `held syntax`, `error config-invalid`, `warning root-missing`. */
  readonly code: string;
  /** Words that tell what is wrong; every one must be said. */
  readonly says: readonly (string | RegExp)[];
  /** Part of what the hint tells to do next. */
  readonly hint: string | RegExp;
  /** The command; `update` when absent. */
  readonly argv?: readonly string[];
  /** The whole first line's place, such as `warmspare.yaml:8:5`. */
  readonly at?: string;
  /** The caret's line, blanks and all. */
  readonly caret?: string;
}

/** Counts the cases of a test file and says so at its end, in one line. */
export function counted(what: string): { readonly add: () => void } {
  let cases = 0;
  afterAll(() => console.info(`${what}: ${cases} cases, none with a stack trace or a byte written`));
  return { add: () => cases++ };
}

const OWN = '.warmspare';

/**
 * Everything below a folder: names, kinds, bytes, modes, owners and times of change. The replication's
 * own folder is left out where `own` is false: an update notes there that it looked.
 */
export function treeOf(root: string, own = true): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string, name: string) => {
    const stat = existsSync(root) ? lstatSync(path, { bigint: true, throwIfNoEntry: false }) : undefined;
    if (stat === undefined) return;
    const facts = [stat.mode.toString(8), stat.uid, stat.gid, stat.size, stat.mtimeNs, stat.ino];
    if (stat.isSymbolicLink()) facts.push(readlinkSync(path));
    // A file as large as the limit is compared by its times: they tell of any write.
    if (stat.isFile() && stat.size < 70n * 1024n * 1024n) facts.push(hashOf(path));
    found[name] = facts.join(' ');
    if (!stat.isDirectory()) return;
    for (const entry of readdirSync(path)) {
      if (own || entry !== OWN) visit(join(path, entry), `${name}/${entry}`);
    }
  };
  visit(root, '.');
  return found;
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** The shared promise of every mistake: said in words, never as a stack trace, and nothing written. */
export function expectInWords({ stdout, stderr }: Outcome): void {
  const said = stdout + stderr;
  expect(said).not.toMatch(/^\s+at .*[:(]/m);
  expect(said).not.toMatch(/unexpected|undefined|\[object|NaN|Error:/);
  for (const block of stderr.split(/^(?=\S)/m)) {
    if (/^\S.*: (error|warning|held) /.test(block)) expect(block).toMatch(/^ {2}hint: \S/m);
  }
}

/** Runs the command and holds it against the refusal; both sides must stay as they were. */
export async function expectRefusal(pair: NodePair, refusal: Refusal): Promise<Outcome> {
  const argv = refusal.argv ?? ['update'];
  // An update of a relationship that has a ledger notes in it when it looked.
  const own = argv[0] !== 'update' || treeOf(pair.path('backup', OWN))['.'] === undefined;
  const before = [treeOf(pair.path('primary', '')), treeOf(pair.path('backup', ''), own)];
  const outcome = await pair.warmspare(...argv);
  const { exit, stderr } = outcome;
  expect({ exit, said: stderr }).toEqual({ exit: refusal.exit, said: expect.stringContaining(refusal.code) });
  for (const words of refusal.says) expect(stderr).toMatch(words instanceof RegExp ? words : literal(words));
  expect(hintsOf(stderr)).toMatch(refusal.hint instanceof RegExp ? refusal.hint : literal(refusal.hint));
  if (refusal.at !== undefined) expect(stderr.split('\n')[0]).toContain(`${refusal.at}: ${refusal.code}`);
  if (refusal.caret !== undefined) expect(stderr.split('\n')).toContain(refusal.caret);
  expectInWords(outcome);
  expect([treeOf(pair.path('primary', '')), treeOf(pair.path('backup', ''), own)]).toEqual(before);
  return outcome;
}

function literal(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}

function hintsOf(stderr: string): string {
  return stderr
    .split('\n')
    .filter(line => line.startsWith('  hint: '))
    .join('\n');
}

/** The mapping that most cases need. */
export const IDENTITY = [
  { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
  { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
];

/** A pair with one identity mapping, removed after the work. */
export async function withNodes(
  relationship: Record<string, unknown>,
  work: (pair: NodePair) => Promise<void>,
  more: Record<string, unknown> = {},
): Promise<void> {
  const pair = new NodePair({ identity: IDENTITY, ...relationship }, more);
  try {
    await work(pair);
  } finally {
    pair.remove();
  }
}
