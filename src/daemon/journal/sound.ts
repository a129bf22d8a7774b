import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../connectors/file/durable.ts';
import { makeFolders } from '../../connectors/file/folders.ts';
import { type Failure, isFailure } from '../../core/failure.ts';
import { askChild } from './ask-child.ts';
import type { Rebuilt } from './rebuild.ts';
import { seal, sealState } from './seal.ts';
import { openTables } from './tables.ts';

export const STORE = 'store';
const FRESH = 'store.new';
const OLD = 'store.old';
const ASIDE = 'store.damaged.';
/** They hold real bytes and nobody may ever come for them. */
const ASIDE_KEPT = 2;
/** Of the single things that were lost so many are told. */
const TOLD = 10;

/**
 * Sees to it that the store may be opened in this process: sealed by a clean stop, or just made. After
 * an unclean stop a child carries over what proves itself; a store that cannot be read at all, and one
 * of which something is lost, is kept aside. What it returns is to be said loudly.
 */
export async function makeSound(folder: string): Promise<Failure[]> {
  await makeFolders(folder);
  const [store, fresh] = [join(folder, STORE), join(folder, FRESH)];
  const state = await sealState(store);
  // Between the two renames of an earlier exchange the new store has no name yet.
  if (state === 'absent' && (await sealState(fresh)) === 'sealed') {
    await rename(fresh, store);
    await syncFolder(folder);
    return [];
  }
  for (const left of [FRESH, OLD]) await rm(join(folder, left), { recursive: true, force: true });
  if (state === 'sealed') return [];
  if (state === 'absent') {
    await begin(fresh);
    await exchange(folder, undefined);
    return [];
  }
  const rebuilt = (await askChild({ call: 'rebuild', folder: store, into: fresh })) as Rebuilt | Failure;
  if (isFailure(rebuilt) || (await sealState(fresh)) !== 'sealed') {
    await rm(fresh, { recursive: true, force: true });
    await begin(fresh);
    const aside = await exchange(folder, 'aside');
    return [begunAnew(aside, isFailure(rebuilt) ? rebuilt.message : 'it is damaged')];
  }
  if (state === 'unsealed' && rebuilt.failures.length === 0) {
    await exchange(folder, 'drop');
    return [];
  }
  const aside = await exchange(folder, 'aside');
  return [mended(aside, rebuilt), ...rebuilt.failures.slice(0, TOLD)];
}

async function begin(folder: string): Promise<void> {
  await openTables(folder)!.root.close();
  await seal(folder);
}

/** The new store takes the place of the old one; says where that is now. */
async function exchange(folder: string, how: 'aside' | 'drop' | undefined): Promise<string> {
  const store = join(folder, STORE);
  const numbers = (await readdir(folder))
    .filter(name => name.startsWith(ASIDE))
    .map(name => Number(name.slice(ASIDE.length)))
    .sort((a, b) => a - b);
  const to = join(folder, how === 'aside' ? `${ASIDE}${(numbers.at(-1) ?? 0) + 1}` : OLD);
  if (how !== undefined) await rename(store, to);
  else await rm(store, { recursive: true, force: true });
  await rename(join(folder, FRESH), store);
  await syncFolder(folder);
  if (how === 'drop') await rm(to, { recursive: true, force: true });
  const tooMany = how === 'aside' ? numbers.slice(0, Math.max(0, numbers.length + 1 - ASIDE_KEPT)) : [];
  for (const number of tooMany) await rm(join(folder, `${ASIDE}${number}`), { recursive: true, force: true });
  return to;
}

function mended(aside: string, { records, failures }: Rebuilt): Failure {
  const what = failures.length === 0 ? 'nothing is lost' : `${failures.length} of its parts are lost`;
  return {
    failure: 'unreadable',
    message: `the journal was damaged: ${records} records were carried over, ${what}`,
    at: { file: aside },
    hint: 'look at the disk; the damaged one is kept there, and replication goes on',
  };
}

function begunAnew(aside: string, why: string): Failure {
  return {
    failure: 'unreadable',
    message: `the journal was begun anew: ${why}`,
    at: { file: aside },
    hint: 'look at the disk; the damaged one is kept there, and replication goes on from the backup’s ledger',
  };
}
