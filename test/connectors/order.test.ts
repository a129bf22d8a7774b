import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { changed, NAMES, SMB } from '../e2e/fixtures.ts';
import { type NodePair, withPair } from '../support/pair.ts';
import { type Call, canTrace, traced } from './traced.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const CALLS = [
  'fsync',
  'fdatasync',
  '/^rename',
  'link',
  'linkat',
  '/^unlink',
  '/^symlink',
  '/^mkdir',
  '/^rmdir',
];
const BEGUN = /^\.warmspare\/pair\/asking-[0-9a-f]+$/;

/** The calls of an update that changes one file of 4 KB, at the backup. */
async function ofOneChange(work: (calls: Call[], pair: NodePair) => void): Promise<void> {
  await withPair(RELATIONSHIP, async pair => {
    const text = `${SMB}${'# a comment\n'.repeat(400)}`.slice(0, 4095) + '\n';
    pair.write('primary', 'etc/smb.conf', text);
    await pair.warmspare('update');
    pair.write('primary', 'etc/smb.conf', changed(text, 'workers = 4', 'workers = 5'));
    await pair.warmspare('update');
    pair.write('primary', 'etc/smb.conf', changed(text, 'workers = 4', 'workers = 8'));
    work(traced(pair, ['update'], CALLS), pair);
  });
}

const STAGED = /^\.warmspare\/pair\/epoch-\d+\/[0-9a-f]+\/(new\/[0-9a-f]+|next\.json)$/;
const REMOVED = /^\.warmspare\/pair\/epoch-\d+\/[0-9a-f]+\/removed\/[0-9a-f]+$/;
const OWN = '.warmspare/pair';

test.runIf(canTrace)('every effect is on disk before the next one', async () => {
  await ofOneChange(calls => {
    const all = calls.map(call => call.text).join('\n');
    const find = (name: RegExp, ...paths: (string | RegExp)[]) => {
      const isWanted = (wanted: string | RegExp, path = '') =>
        typeof wanted === 'string' ? path === wanted : wanted.test(path);
      const at = calls.findIndex(
        call => name.test(call.name) && paths.every((path, i) => isWanted(path, call.paths[i])),
      );
      expect(at, `${name} ${paths}\n${all}`).toBeGreaterThanOrEqual(0);
      return at;
    };
    const put = find(/^rename/, STAGED, 'etc/smb.conf');
    const ledger = find(/^rename/, STAGED, `${OWN}/ledger.json`);
    const order = [
      // What is replaced is kept, and that is on disk; so are the new file and the ledger's draft.
      find(/^link/, 'etc/smb.conf', STAGED),
      find(/^rename/, STAGED, `${OWN}/earlier/3.file.etc%2Fsmb.conf`),
      find(/^fsync/, `${OWN}/earlier`),
      put,
      find(/^fsync/, 'etc'),
      ledger,
      calls.findLastIndex(call => call.name === 'fsync' && call.paths[0] === OWN),
      // The base only after the acknowledgement.
      find(/^rename/, STAGED, /^\.warmspare\/pair\/base\/etc\/smb\.conf\//),
      find(/^fsync/, `${OWN}/base/etc/smb.conf`),
      find(/^rename/, /^\.warmspare\/pair\/base\/etc\/smb\.conf\//, REMOVED),
      find(/^unlink/, REMOVED),
    ];
    expect(order).toEqual([...order].sort((a, b) => a - b));
    const draft = calls[ledger]!.paths[0]!;
    for (const path of [calls[put]!.paths[0], draft, dirname(draft)]) {
      const synced = calls.findIndex(call => call.name === 'fsync' && call.paths[0] === path);
      expect([path, synced >= 0, synced < put]).toEqual([path, true, true]);
    }
  });
});

test.runIf(canTrace)(
  'whatever is done to the backup is a rename with the owner’s directory on one side',
  async () => {
    await ofOneChange(calls => {
      const own = /^\.warmspare\/pair\/(epoch-\d+|asking-[0-9a-f]+)\//;
      const effects = calls.filter(({ name }) => !/sync$/.test(name));
      const foreign = effects.filter(({ name, paths }) =>
        /^rename/.test(name)
          ? !paths.some(path => own.test(path) || BEGUN.test(path))
          : ![own, BEGUN].some(path => path.test(paths.at(-1) ?? '')),
      );
      expect(effects.length).toBeGreaterThan(5);
      expect(foreign.map(({ text }) => text)).toEqual([]);
    });
  },
);

test.runIf(canTrace)(
  'of several files the intent is on disk before the first of them is touched',
  async () => {
    await withPair({ ...RELATIONSHIP, guard: 'off' }, async pair => {
      for (const name of ['changed.conf', 'gone.conf', 'stays.conf'])
        pair.write('primary', name, 'host = nas1\n');
      await pair.warmspare('update');
      pair.write('primary', 'new.conf', 'host = nas1\n');
      pair.write('primary', 'changed.conf', 'host = nas1\nmore = 1\n');
      rmSync(pair.path('primary', 'gone.conf'));
      const calls = traced(pair, ['update'], CALLS);
      const isEffect = ({ name, paths }: Call) =>
        /^rename/.test(name) && paths.some(path => /^(new|changed|gone)\.conf$/.test(path));
      const first = calls.findIndex(isEffect);
      expect(calls.filter(isEffect).length).toBe(3);
      const home = /^\.warmspare\/pair\/epoch-\d+\/[0-9a-f]+/.source;
      const isSync = ({ name, paths }: Call, place: string) =>
        /^fs?(data)?sync$/.test(name) && new RegExp(`${home}${place}`).test(paths[0] ?? '');
      const begun = calls.slice(0, first);
      const staged = begun.filter(call => isSync(call, '/new/[0-9a-f]+$'));
      expect(staged.length).toBeGreaterThanOrEqual(2);
      const intent = begun.findIndex(call => isSync(call, '/intent$'));
      expect(intent).toBeGreaterThan(0);
      for (const folder of ['/new$', '$'])
        expect(
          begun.slice(intent).some(call => isSync(call, folder)),
          folder,
        ).toBe(true);
    });
  },
);

test.runIf(canTrace)(
  'one changed file of 4 KB is acknowledged after seven fsyncs, and six where the version before is on disk for sure',
  async () => {
    await ofOneChange(calls => {
      const ledger = calls.findIndex(call => call.paths[1] === `${OWN}/ledger.json`);
      const acknowledged = calls.findIndex(
        (call, i) => i > ledger && call.name === 'fsync' && call.paths[0] === OWN,
      );
      // A command takes an epoch of its own first; a process that lives on does that once.
      const begin = calls.findIndex(call => STAGED.test(call.paths[1] ?? ''));
      const syncs = calls.slice(begin, acknowledged + 1).filter(call => /^fs?(data)?sync$/.test(call.name));
      console.info(`one changed file: ${syncs.length} fsyncs up to the acknowledgement`);
      // One of them is of the version that is replaced, which another process put there.
      expect(syncs).toHaveLength(7);
      expect(syncs.filter(({ paths }) => /\/earlier\/3\.file\./.test(paths[0] ?? ''))).toHaveLength(1);
    });
  },
);
