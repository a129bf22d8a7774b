import { AsyncLocalStorage } from 'node:async_hooks';
import type * as Disk from '../../src/connectors/file/disk.ts';

/** One call to a connector's disk, before it is made. */
export interface DiskCall {
  readonly name: string;
  readonly paths: readonly string[];
  /** Who makes it, where that was said by `as`. */
  readonly who: string | undefined;
}

/** Looks at each call before it is made: may throw in its place, keep it waiting, or have it left out. */
export type BeforeCall = (call: DiskCall) => Promise<'leave out' | undefined> | undefined;

const callers = new AsyncLocalStorage<string>();
let before: BeforeCall | undefined;

/** Has every call looked at while `work` runs. */
export async function watched<T>(look: BeforeCall, work: () => Promise<T>): Promise<T> {
  before = look;
  try {
    return await work();
  } finally {
    before = undefined;
  }
}

/** Runs work, all of whose calls are told to be somebody's. */
export function as<T>(who: string, work: () => Promise<T>): Promise<T> {
  return callers.run(who, work);
}

type Call = (...args: unknown[]) => Promise<unknown>;

function seen(name: string, call: Call, path?: string): Call {
  return async (...args) => {
    const paths = path === undefined ? args.filter(arg => typeof arg === 'string') : [path];
    const verdict = await before?.({ name, paths, who: callers.getStore() });
    return verdict === 'leave out' ? undefined : call(...args);
  };
}

/** The disk module with every call of it seen; for vi.mock. */
export function seeThrough(real: typeof Disk): typeof Disk {
  const module: Record<string, unknown> = { ...real };
  for (const [name, call] of Object.entries(real)) {
    if (typeof call === 'function' && name !== 'judge') module[name] = seen(name, call as Call);
  }
  const open = module.open as Call;
  module.open = async (path: string, ...rest: unknown[]) =>
    handleOf((await open(path, ...rest)) as Disk.Handle, path);
  return module as unknown as typeof Disk;
}

function handleOf(handle: Disk.Handle, path: string): Disk.Handle {
  const method = (name: keyof Disk.Handle) => seen(name, handle[name].bind(handle) as Call, path);
  const write = method('writeFile');
  return {
    stat: method('stat') as Disk.Handle['stat'],
    read: method('read') as Disk.Handle['read'],
    chown: method('chown') as Disk.Handle['chown'],
    chmod: method('chmod') as Disk.Handle['chmod'],
    sync: method('sync') as Disk.Handle['sync'],
    // A descriptor that nobody closes would last as long as the test.
    close: () => handle.close(),
    // In two parts, so that a death between them leaves half a file.
    writeFile: async content => {
      const half = Math.floor(content.length / 2);
      await write(content.slice(0, half));
      await write(content.slice(half));
    },
  };
}

/** The process died: this call and all that follow are never made. */
export class Died extends Error {}

export function diesAt(count: number): BeforeCall & { calls: () => number } {
  let calls = 0;
  const look: BeforeCall = () => {
    if (++calls >= count) throw new Died();
    return undefined;
  };
  return Object.assign(look, { calls: () => calls });
}
