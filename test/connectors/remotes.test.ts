import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as disk from '../../src/connectors/file/disk.ts';
import type { Disk } from '../../src/connectors/file/disk-calls.ts';
import { isRemote, register } from '../../src/connectors/file/remotes.ts';

const SERVER = 'sftp:/somebody@a-host:22';

/** A disk that answers with the calls that it was asked. */
function telling(server: string): string[] {
  const asked: string[] = [];
  const names = Object.keys(disk) as (keyof Disk)[];
  const calls = names.map(name => [
    name,
    async (...args: unknown[]) => {
      asked.push(`${name} ${args.filter(arg => typeof arg === 'string').join(' ')}`);
    },
  ]);
  register(server, Object.fromEntries(calls));
  return asked;
}

test('every call with a path on another machine goes to the disk of that machine', async () => {
  const asked = telling(SERVER);
  const path = join('sftp://somebody@a-host:22/etc', 'exports');
  expect([path, isRemote(path), isRemote('/etc/exports')]).toEqual([`${SERVER}/etc/exports`, true, false]);
  const calls = Object.entries(disk) as [string, (...args: unknown[]) => Promise<unknown>][];
  for (const [name, call] of calls) await call(...(name === 'symlink' ? ['a text', path] : [path]));
  expect(asked).toEqual(calls.map(([name]) => `${name} ${name === 'symlink' ? 'a text ' : ''}${path}`));
});

test('of a server that nobody has opened nothing is known, also not that a file is missing', async () => {
  const here = mkdtempSync(join(tmpdir(), 'warmspare-remotes-'));
  try {
    const path = 'sftp:/somebody@another:22/file';
    mkdirSync(join(here, 'sftp:/somebody@another:22'), { recursive: true });
    writeFileSync(join(here, path), 'of this machine');
    await expect(disk.stat(path)).rejects.toMatchObject({ code: 'ENOTCONN', path });
    await expect(disk.open(path, 0)).rejects.toMatchObject({ code: 'ENOTCONN' });
    expect((await disk.readFile(join(here, path))).toString()).toBe('of this machine');
  } finally {
    rmSync(here, { recursive: true });
  }
});
