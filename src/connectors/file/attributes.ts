import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { promisify } from 'node:util';
import { FailureError } from '../../core/failure.ts';
import { attributeTool, NOT_INSTALLED, toolOptions } from './attribute-names.ts';
import { type Owner, syncFile } from './durable.ts';
import { code } from './place.ts';

const run = promisify(execFile);

/** A file as it was seen; every change of it, also of an attribute alone, makes another one of it. */
export interface Seen {
  /** `device:inode`. */
  readonly inode: string;
  /** Nanoseconds of its last change of any sort (ctime). */
  readonly changed: string;
}

/** By path: the file there that was found to have no attributes. */
const bare = new Map<string, string>();

const keyOf = ({ inode, changed }: Seen) => `${inode} ${changed}`;

/**
 * Gives a draft the access list, label and other extended attributes of the file whose place it is to
 * take, durably. Node has no calls for them, so a tool of the system's looks, once for a file as it is, and only
 * where there is something a second one copies it. What cannot be kept is a Failure: the file is
 * left as it is rather than replaced by one with other rights.
 */
export async function keepAttributes(
  old: { readonly real: string; readonly path: string; readonly seen: Seen },
  draft: string,
  owner: Owner,
): Promise<void> {
  if (bare.get(old.real) === keyOf(old.seen)) return;
  const names = await attributesOf(old.real, old.path);
  if (names?.length === 0) {
    bare.set(old.real, keyOf(old.seen));
    return;
  }
  const isLabelled = names?.includes('security.selinux') ?? existsSync('/sys/fs/selinux/enforce');
  // The access list goes with the mode.
  const what = `mode,xattr${isLabelled ? ',context' : ''}`;
  await copied(old.path, [
    '--attributes-only',
    '--no-dereference',
    `--preserve=${what}`,
    '--',
    old.real,
    draft,
  ]);
  // Whatever stood at that name meanwhile: owner and mode are those that were decided.
  await chown(draft, owner.uid, owner.gid).catch(error => {
    if (code(error) !== 'EPERM') throw error;
  });
  await chmod(draft, owner.mode);
  await syncFile(draft);
}

/** The file that this process put in place of one without attributes has none either. */
export function stillBare(real: string, after: Seen): void {
  if (bare.has(real)) bare.set(real, keyOf(after));
}

/** Their names; undefined where nobody can tell, because the package is not installed. */
async function attributesOf(file: string, path: string): Promise<string[] | undefined> {
  const { exit, text } = await attributeTool.ask(file).catch(error => {
    throw notKept(path, (error as Error).message);
  });
  if (exit === NOT_INSTALLED) return undefined;
  // A file system that has no attributes has none to lose.
  if (exit !== 0 && /: Operation not supported$/m.test(text)) return [];
  if (exit !== 0) throw notKept(path, text);
  return text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
}

async function copied(path: string, argv: readonly string[]): Promise<void> {
  try {
    await run('cp', [...argv], toolOptions());
  } catch (error) {
    throw notKept(path, (error as { stderr?: string }).stderr?.trim() || (error as Error).message);
  }
}

function notKept(path: string, why: string): FailureError {
  return new FailureError({
    failure: 'unwritable',
    message: `${path}: its access list, label or extended attributes cannot be kept (${why.split('\n')[0]})`,
    at: { file: path },
    hint: 'run warmspare as a user who may set them, with coreutils and attr installed; the file is left as it is',
  });
}
