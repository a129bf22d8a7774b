import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

type Call = (...args: unknown[]) => unknown;

const SYNC = [
  'open',
  'lstat',
  'stat',
  'realpath',
  'readlink',
  'readdir',
  'mkdir',
  'rename',
  'link',
  'symlink',
  'unlink',
  'rmdir',
];
const ASYNC = [...SYNC, 'readFile', 'rm', 'statfs'];

/** As they were: what a test itself does goes by these. */
export const real = Object.fromEntries(SYNC.map(name => [name, (fs as never)[`${name}Sync`]])) as unknown as {
  rename: typeof fs.renameSync;
  symlink: typeof fs.symlinkSync;
  unlink: typeof fs.unlinkSync;
};

let listener: ((name: string, when: 'before' | 'after') => void) | undefined;

function watched(name: string, call: Call): Call {
  const around: Call = (...args) => {
    listener?.(name, 'before');
    try {
      return call.apply(undefined, args);
    } finally {
      listener?.(name, 'after');
    }
  };
  return Object.assign(around, call);
}

/**
 * From its import on, every call of node:fs by a name can be listened to, just before and after it is made.
 * What uses the calls has to be imported afterwards.
 */
for (const name of SYNC) {
  const call = (fs as never)[`${name}Sync`] as Call & { native?: Call };
  const around = watched(name, call) as typeof call;
  if (call.native !== undefined) around.native = watched(name, call.native);
  (fs as unknown as Record<string, Call>)[`${name}Sync`] = around;
}
for (const name of ASYNC)
  (promises as unknown as Record<string, Call>)[name] = watched(name, (promises as never)[name] as Call);
syncBuiltinESMExports();

export async function listening<T>(hear: NonNullable<typeof listener>, work: () => Promise<T>): Promise<T> {
  listener = hear;
  try {
    return await work();
  } finally {
    listener = undefined;
  }
}
