import type { Put, Source } from '../connectors/connector.ts';
import { isFailure } from '../core/failure.ts';

type Owner = Pick<Put, 'mode' | 'uid' | 'gid' | 'place'>;

/** Of the file that is replaced; of the one on the other side, where there is none; else this user's alone. */
export async function ownerOf(other: Source, path: string, now: Owner | undefined): Promise<Owner> {
  const there = now === undefined ? await other.read(path) : undefined;
  const model = now ?? (there === undefined || isFailure(there) ? undefined : there);
  return model === undefined
    ? { mode: 0o600, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
    : rightsOf(model);
}

/** What a file may be done with, and by whom. */
export function rightsOf({ mode, uid, gid, place }: Owner): Owner {
  return { mode, uid, gid, ...(place === undefined ? {} : { place }) };
}
