import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { promisify } from 'node:util';
import { FailureError } from '../../core/failure.ts';
import type { Put } from '../connector.ts';
import { attributeTool, NOT_INSTALLED, toolOptions } from './attribute-names.ts';
import { type Owner, syncFile } from './durable.ts';
import { code } from './place.ts';
import { isRemote } from './remotes.ts';
import type { Standing } from './standing.ts';

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

const ACCESS_LIST = 'system.posix_acl_access';
/** The tag of the entry of the file's own group. */
const GROUP_ENTRY = 0x04;
/** The bits of a mode that are the group's. */
const GROUP = 0o070;

const keyOf = ({ inode, changed }: Seen) => `${inode} ${changed}`;

/** A file whose attributes another one is to get. */
interface Model {
  readonly real: string;
  readonly path: string;
  /** As it was seen: then it is asked once. Absent: it is asked each time. */
  readonly seen?: Seen;
  /** It lies on the other node, whose labels and other attributes are its own. */
  readonly isListOnly?: boolean;
}

/** The names of what is to be copied; undefined where nobody can tell, because the package is not installed. */
type Names = readonly string[] | undefined;

/** By file as it was seen: questions that wait for their answer. */
const asked = new Map<string, Promise<Names>>();

/** What a file has that another one is to get. To be asked before it is needed: the answer takes a while. */
export async function namesToKeep({ real, path, seen, isListOnly }: Model): Promise<Names> {
  if (seen === undefined) {
    const names = await attributesOf(real, path);
    return isListOnly === true ? names?.filter(name => name === ACCESS_LIST) : names;
  }
  if (bare.get(real) === keyOf(seen)) return [];
  const key = `${real} ${keyOf(seen)}`;
  const answer = asked.get(key) ?? attributesOf(real, path);
  asked.set(key, answer);
  try {
    const names = await answer;
    if (names?.length === 0) bare.set(real, keyOf(seen));
    return names;
  } finally {
    asked.delete(key);
  }
}

/**
 * Gives a draft the access list, label and other extended attributes of another file, durably. Node has
 * no calls for them, so a tool of the system's looks, once for a file as it is, and only
 * where there is something a second one copies it. What cannot be kept is a Failure: the file is
 * left as it is rather than replaced by one with other rights.
 */
export async function keepAttributes(
  { real, path, isListOnly }: Model,
  names: Names,
  draft: string,
  owner: Owner,
): Promise<void> {
  // Of a file on another machine owner and mode are all that can be asked for, and given.
  if (names?.length === 0 || isRemote(draft)) return;
  const isLabelled = names?.includes('security.selinux') ?? existsSync('/sys/fs/selinux/enforce');
  // The access list goes with the mode.
  const what = isListOnly === true ? 'mode' : `mode,xattr${isLabelled ? ',context' : ''}`;
  await copied(path, ['--attributes-only', '--no-dereference', `--preserve=${what}`, '--', real, draft]);
  // Whatever stood at that name meanwhile: owner and mode are those that were decided.
  await chown(draft, owner.uid, owner.gid).catch(error => {
    if (code(error) !== 'EPERM') throw error;
  });
  await chmod(draft, owner.mode);
  await syncFile(draft);
}

/** Asks at once what a new version has to get from another file, and answers how a draft is given it. */
export function attributesFor(put: Put, standing: Standing): (draft: string, owner: Owner) => Promise<void> {
  const model = modelOf(put, standing);
  if (model === undefined) return async () => {};
  const names = namesToKeep(model);
  names.catch(() => undefined);
  return async (draft, owner) => keepAttributes(model, await names, draft, owner);
}

/** Whose attributes a new version gets: those of the file that it replaces, or that it is a copy of. */
function modelOf({ path, place, exact, mode }: Put, { real, file }: Standing): Model | undefined {
  if (exact === true && place !== undefined) return { real: place, path };
  if (file !== undefined) return { real, path, seen: file };
  // A list whose mask is empty gives nothing to anybody.
  if (place === undefined || (mode & GROUP) === 0) return undefined;
  return { real: place, path, isListOnly: true };
}

/**
 * The mode of a file without its access list. With one the group's bits are its mask, the most that anybody named
 * there may do: by themselves they would give that to the group.
 */
export async function modeWithoutList(real: string, path: string, mode: number): Promise<number> {
  if ((mode & GROUP) === 0) return mode;
  const names = await attributesOf(real, path);
  if (names?.includes(ACCESS_LIST) !== true) return mode;
  const argv = ['-e', 'hex', '-n', ACCESS_LIST, '--absolute-names', '--only-values', '--', real];
  const { stdout } = await run('getfattr', argv, { ...toolOptions(), encoding: 'buffer' }).catch(error => {
    throw notKept(path, (error as Error).message);
  });
  // A head of four bytes; each entry: its tag, its rights, and whom it names.
  for (let at = 4; at + 8 <= stdout.length; at += 8) {
    if (stdout.readUInt16LE(at) === GROUP_ENTRY)
      return (mode & ~GROUP) | ((stdout.readUInt16LE(at + 2) & 7) << 3);
  }
  return mode & ~GROUP;
}

/** The file that this process put in place of one without attributes has none either. */
export function stillBare(real: string, after: Seen): void {
  if (bare.has(real)) bare.set(real, keyOf(after));
}

/** Their names; undefined where nobody can tell, because the package is not installed. */
async function attributesOf(file: string, path: string): Promise<string[] | undefined> {
  if (isRemote(file)) return [];
  const { exit, text } = await attributeTool.ask(file).catch(error => {
    throw notKept(path, (error as Error).message);
  });
  if (exit === NOT_INSTALLED) return undefined;
  // A file system that has no attributes has none to lose.
  if (exit !== 0 && /: Operation not supported$/m.test(text)) return [];
  if (exit !== 0) throw /: No such file or directory$/m.test(text) ? gone(path) : notKept(path, text);
  return text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
}

async function copied(path: string, argv: readonly string[]): Promise<void> {
  try {
    await run('cp', [...argv], toolOptions());
  } catch (error) {
    throw notKept(path, (error as { stderr?: string }).stderr?.trim() || (error as Error).message);
  }
}

function gone(path: string): FailureError {
  return new FailureError({
    failure: 'plan-moved',
    message: `${path} is gone since the plan was made`,
    at: { file: path },
    hint: 'run the command again: the new plan takes that into account',
  });
}

function notKept(path: string, why: string): FailureError {
  return new FailureError({
    failure: 'unwritable',
    message: `${path}: its access list, label or extended attributes cannot be kept (${why.split('\n')[0]})`,
    at: { file: path },
    hint: 'run warmspare as a user who may set them, with coreutils and attr installed; the file is left as it is',
  });
}
