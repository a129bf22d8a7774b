import { join } from 'node:path';
import type { Tenure } from '../../core/fence/tenure.ts';
import { sha256 } from './digest.ts';
import { readdir } from './disk.ts';
import { absent } from './durable.ts';

/**
 * The name of an owner's directory: its token, and the tenure that it has, or that it carries on for others. So a
 * tenure comes to its place with the rename that takes the epoch, and nothing more is asked of the disk for it.
 *
 *     epoch-7/4f2a01c07be9d3a5168cc1f0/                              nobody of a cluster ever had it
 *     epoch-7/4f2a01c07be9d3a5168cc1f0-12-3-nas2.example.com/        nas2 in epoch 12 of the task, with edition 3
 */
export function homeName(token: string, tenure: Tenure | undefined): string {
  if (tenure === undefined) return token;
  const { epoch, edition, owner } = tenure;
  const name = `${token}-${epoch}-${edition}-${safe(owner)}`;
  // What nobody can read would keep nobody away.
  if (tenureIn(name) === undefined) throw new RangeError(`no tenure can be told by the name ${name}`);
  return name;
}

/** Whether a name in the directory of an epoch is that of an owner's; what it tells may be damaged. */
export function isHome(name: string): boolean {
  return /^[0-9a-f]{24}(-|$)/.test(name);
}

/** What the name of an owner's directory tells; a damaged one tells nothing. */
export function tenureIn(name: string): Tenure | undefined {
  const [, epoch, edition, owner] = HOME.exec(name) ?? [];
  const counts = [Number(epoch), Number(edition)] as const;
  if (owner === undefined || !counts.every(Number.isSafeInteger)) return undefined;
  try {
    return { epoch: counts[0], edition: counts[1], owner: decodeURIComponent(owner) };
  } catch {
    return undefined;
  }
}

const HOME = /^[0-9a-f]{24}-([1-9]\d*)-(0|[1-9]\d*)-([\w.%-]+)$/;

/** Also on a file system that takes no name with such a character, or with a dot at its end. */
function safe(owner: string): string {
  const hex = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(owner).replace(/[!~*'()]|\.$/g, hex);
}

/** As long as the name of a directory may be, besides all the rest. */
const LONGEST_OWNER = 180;

/** A tenure as it can be told by a name: an owner whose own is too long for that is known by a shorter one. */
export function tellable(tenure: Tenure): Tenure {
  const { owner } = tenure;
  if (safe(owner).length <= LONGEST_OWNER) return tenure;
  const beginning = owner.replace(/[^\w.-]/g, '_').slice(0, LONGEST_OWNER / 2);
  return { ...tenure, owner: `${beginning}_${sha256(owner).slice(0, 16)}` };
}

/**
 * What the directories of these epochs tell, from the lowest up: whoever takes one meanwhile, and carries on
 * what it tells, has a higher one, and is looked at later.
 */
export async function tenuresIn(folder: string, epochs: readonly number[]): Promise<Tenure[]> {
  const tenures: Tenure[] = [];
  for (const epoch of [...epochs].sort((a, b) => a - b)) {
    const names = (await readdir(join(folder, `epoch-${epoch}`)).catch(absent)) ?? [];
    tenures.push(...names.flatMap(name => tenureIn(name) ?? []));
  }
  return tenures;
}
