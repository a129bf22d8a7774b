import { existsSync, unlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Machines, withMachines } from './failover.ts';
import { changed, EXPORTS, NAMES } from './fixtures.ts';

const WAITING = { include: ['**'], identity: NAMES, files: { '*.conf': { apply: 'on-break' } } };
const PLAIN = { include: ['**'], identity: NAMES };
const OLD = 'host = nas1\npriority = 150\n';
const NEW = 'host = nas1\npriority = 151\nadded = yes\n';
const over = (text: string) => text.replaceAll('nas1', 'nas2');

/** What `break` says is waiting, and what `activate` then says. */
async function failedOver({ json }: Machines) {
  const { relationships } = await json('break');
  const activated = await json('activate');
  const { installed, already } = activated.relationships[0];
  return { waiting: relationships[0].waiting, exit: activated.exit, installed, already };
}

const NOTHING = { waiting: [], exit: 0, installed: [], already: [] };

test('a file that waits for a break no more is replicated live, and what was kept of it goes', async () => {
  await withMachines(WAITING, async (machines, pair) => {
    pair.write('primary', 'k.conf', OLD);
    await pair.warmspare('update');
    pair.configure(PLAIN);
    pair.write('primary', 'k.conf', NEW);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(machines.ledger('backup').onBreak).toEqual({});
    expect((await pair.warmspare('status')).exit).toBe(0);
    expect(await failedOver(machines)).toEqual(NOTHING);
    expect(pair.read('backup', 'k.conf')).toBe(over(NEW));
  });
});

test('a file that waited and is excluded now is not installed, whether replication ran since or not', async () => {
  for (const runs of [0, 1]) {
    await withMachines(WAITING, async (machines, pair) => {
      pair.write('primary', 'k.conf', OLD);
      pair.write('primary', 'exports', EXPORTS);
      await pair.warmspare('update');
      pair.configure({ ...WAITING, exclude: ['k.conf'] });
      unlinkSync(pair.path('primary', 'k.conf'));
      for (let i = 0; i < runs; i++) expect((await pair.warmspare('update')).exit).toBe(0);
      expect([runs, await failedOver(machines)]).toEqual([runs, NOTHING]);
      expect(existsSync(pair.path('backup', 'k.conf'))).toBe(false);
    });
  }
});

test('one that was installed, and waits no more, goes on from what stands there', async () => {
  await withMachines(WAITING, async (machines, pair) => {
    pair.write('primary', 'k.conf', OLD);
    await pair.warmspare('update');
    expect((await failedOver(machines)).installed).toEqual(['k.conf']);
    expect((await pair.warmspare('resync', '--forward')).exit).toBe(0);
    pair.configure(PLAIN);
    expect((await pair.warmspare('status')).exit).toBe(0);
    pair.write('primary', 'k.conf', NEW);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'k.conf')).toBe(over(NEW));
  });
});

test('a file that was replicated and waits from now on: what stands there stays until the break', async () => {
  await withMachines(PLAIN, async (machines, pair) => {
    pair.write('primary', 'k.conf', OLD);
    await pair.warmspare('update');
    pair.write('backup', 'k.conf', changed(over(OLD), 'host = nas2', 'host = nas2\nown = 1'));
    await pair.warmspare('verify', '--accept');
    const standing = pair.read('backup', 'k.conf');
    pair.configure(WAITING);
    pair.write('primary', 'k.conf', NEW);
    expect((await pair.warmspare('update')).exit).toBe(0);
    const { sequence } = machines.ledger('backup');
    for (let i = 0; i < 2; i++) expect((await pair.warmspare('update')).stdout).toContain('nothing to do');
    expect(machines.ledger('backup').sequence).toBe(sequence);
    expect((await pair.warmspare('status')).exit).toBe(0);
    expect(pair.read('backup', 'k.conf')).toBe(standing);
    const done = await failedOver(machines);
    expect([done.waiting, done.installed]).toEqual([['k.conf'], ['k.conf']]);
    // What the backup had of its own is no less its own.
    expect(pair.read('backup', 'k.conf')).toBe(changed(over(NEW), 'host = nas2', 'host = nas2\nown = 1'));
  });
});

test('a file that waited for a while, and is replicated live again, goes on from what stands there', async () => {
  await withMachines(PLAIN, async (_, pair) => {
    pair.write('primary', 'k.conf', OLD);
    await pair.warmspare('update');
    pair.configure(WAITING);
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.configure(PLAIN);
    pair.write('primary', 'k.conf', NEW);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'k.conf')).toBe(over(NEW));
    expect((await pair.warmspare('status')).exit).toBe(0);
  });
});
