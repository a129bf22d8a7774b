import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { code } from '../connectors/file/place.ts';
import type { Ledger } from '../connectors/ledger.ts';
import { type Failure, isFailure } from '../core/failure.ts';

const witnessSchema = z.object({ backup: z.string(), sequence: z.int() });

/**
 * What this member remembers of a backup's ledger, so that a ledger that is gone, older or another
 * node's is noticed: the backup is unmounted, restored or exchanged, and a new baseline would be a
 * guess.
 */
export async function checkWitness(
  state: string,
  relationship: string,
  ledger: Ledger | undefined,
): Promise<Failure | undefined> {
  const witness = await remembered(path(state, relationship));
  if (witness === undefined || isFailure(witness)) return witness;
  const { backup, sequence } = witness;
  if (ledger === undefined) return gone(relationship, 'is gone');
  if (ledger.backup !== backup) return gone(relationship, 'belongs to another backup');
  if (ledger.sequence < sequence) {
    return gone(
      relationship,
      `is older (change ${ledger.sequence}) than what was replicated (change ${sequence})`,
    );
  }
  return undefined;
}

type Witness = z.infer<typeof witnessSchema>;

async function remembered(file: string): Promise<Witness | undefined | Failure> {
  try {
    const witness = witnessSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return witness.success ? witness.data : forgotten(file, 'is damaged');
  } catch (error) {
    if (code(error) === 'ENOENT') return undefined;
    return forgotten(file, error instanceof SyntaxError ? 'is damaged' : `cannot be read (${code(error)})`);
  }
}

/** Without it a backup that was exchanged or restored would pass for the one it was. */
function forgotten(file: string, why: string): Failure {
  return {
    failure: 'ledger-gone',
    message: `what this node remembers of the backup ${why}`,
    at: { file },
    hint: 'see that the backup is the right one, then run `warmspare update --baseline keep-local` or `take-primary`',
  };
}

function gone(relationship: string, why: string): Failure {
  return {
    failure: 'ledger-gone',
    message: `${relationship}: the backup's ledger ${why}: the backup is unmounted, was restored, or is another one`,
    hint: 'mount the right backup; for a new or restored one run `warmspare update --baseline take-primary` or `keep-local`',
  };
}

export async function writeWitness(state: string, ledger: Ledger): Promise<void> {
  const to = path(state, ledger.relationship);
  await mkdir(join(state, 'relationships'), { recursive: true, mode: 0o700 });
  const from = `${to}.${randomBytes(6).toString('hex')}`;
  const { backup, sequence } = ledger;
  await writeFile(from, JSON.stringify({ backup, sequence }), { mode: 0o600, flag: 'wx' });
  await rename(from, to);
}

export async function dropWitness(state: string, relationship: string): Promise<void> {
  await rm(path(state, relationship), { force: true });
}

function path(state: string, relationship: string): string {
  return join(state, 'relationships', `${relationship}.json`);
}
