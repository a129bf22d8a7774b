import { existsSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';
import { theHeld } from './held.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };

async function inStep(pair: NodePair): Promise<void> {
  pair.write('primary', 'smb.conf', SMB);
  pair.write('primary', 'exports', EXPORTS);
  const { exit } = await pair.warmspare('update', '--reason', 'first of all');
  expect(exit).toBe(0);
}

type Edit = (pair: NodePair) => void | Promise<void>;
const edit =
  (side: 'primary' | 'backup', file: string, from: string, to: string): Edit =>
  pair =>
    pair.write(side, file, changed(pair.read(side, file), from, to));

describe('verify', () => {
  const CASES: readonly (readonly [string, number, string, Edit])[] = [
    ['in sync', 0, 'smb.conf: in sync', () => {}],
    ['lag', 6, 'smb.conf: lag', edit('primary', 'smb.conf', 'workers = 4', 'workers = 8')],
    ['a new file', 6, 'new: lag', pair => pair.write('primary', 'new', 'nas1\n')],
    [
      'a comment of the backup’s own',
      0,
      'smb.conf: local\n    local: comments',
      edit('backup', 'smb.conf', '[media]', '# own\n[media]'),
    ],
    [
      'drift',
      3,
      'drift: /global/workers: replicated "4", on the backup "2"',
      edit('backup', 'smb.conf', 'workers = 4', 'workers = 2'),
    ],
    [
      'an entry gone',
      3,
      'drift: /media: replicated {"path":"/srv/media"}, on the backup absent',
      edit('backup', 'smb.conf', '[media]\n   path = /srv/media\n', ''),
    ],
    ['gone', 3, 'exports: gone', pair => unlinkSync(pair.path('backup', 'exports'))],
    [
      'residue',
      3,
      'residue: line 3: hostname nas1',
      edit('backup', 'exports', '/srv/media nas2(ro)', '/srv/media nas1(ro)'),
    ],
    [
      'unreadable',
      4,
      'smb.conf: unreadable',
      pair => pair.write('backup', 'smb.conf', Buffer.from([0x5b, 0xff, 0xfe])),
    ],
  ];

  test.each(CASES)('%s ends with %i', async (_, exit, said, change) => {
    await withPair(RELATIONSHIP, async pair => {
      await inStep(pair);
      await change(pair);
      const human = await pair.warmspare('verify');
      expect([human.exit, human.stdout]).toEqual([exit, expect.stringContaining(said)]);
      const json = await pair.warmspare('verify', '--json');
      expect([json.exit, JSON.parse(json.stdout).exit, json.stderr]).toEqual([exit, exit, '']);
    });
  });

  test('before the first replication nothing is in sync', async () => {
    await withPair(RELATIONSHIP, async pair => {
      pair.write('primary', 'exports', EXPORTS);
      expect((await pair.warmspare('verify')).exit).toBe(6);
    });
  });
});

describe('explain', () => {
  test('a line: the primary’s, the rule and where it was written, the change, the time', async () => {
    await withPair(RELATIONSHIP, async pair => {
      await inStep(pair);
      const { exit, stdout } = await pair.warmspare('explain', 'exports', '3');
      expect(exit).toBe(0);
      expect(stdout).toContain('exports (pair: ');
      expect(stdout).toMatch(
        /last written by change 1 \(baseline\) at 2026-01-01 00:00:00Z by \S+: first of all\n/,
      );
      expect(stdout).toContain('line 3 (/~1srv~1media): /srv/media nas2(ro)\n');
      expect(stdout).toContain('primary, line 3: /srv/media nas1(ro)\n');
      expect(stdout).toMatch(/nas1 -> nas2 \(hostname\), .*warmspare\.yaml:\d+\n/);
    });
  });

  test('a pointer, also where the backup’s lines stand elsewhere', async () => {
    await withPair(RELATIONSHIP, async pair => {
      await inStep(pair);
      edit('backup', 'smb.conf', '[global]', '# own\n# own\n[global]')(pair);
      const { stdout } = await pair.warmspare('explain', 'smb.conf', '/global/interfaces', '--json');
      const { lines } = JSON.parse(stdout);
      expect(lines).toMatchObject([
        {
          line: 6,
          origin: 'replicated',
          primary: { line: 4 },
          swaps: [{ found: '10.0.0.1', put: '10.0.1.1' }],
        },
      ]);
    });
  });

  test('a line of the backup’s own', async () => {
    await withPair(RELATIONSHIP, async pair => {
      await inStep(pair);
      edit('backup', 'smb.conf', '[global]', '# own\n[global]')(pair);
      const { exit, stdout } = await pair.warmspare('explain', 'smb.conf', '1');
      expect([exit, stdout]).toEqual([0, expect.stringContaining('the backup’s own')]);
    });
  });

  test('a whole file shows what was swapped and what is its own', async () => {
    await withPair(RELATIONSHIP, async pair => {
      await inStep(pair);
      edit('backup', 'smb.conf', '[global]', '# own\n[global]')(pair);
      const { stdout } = await pair.warmspare('explain', 'smb.conf', '--json');
      expect(JSON.parse(stdout).lines.map((each: { line: number }) => each.line)).toEqual([1, 4, 5]);
    });
  });

  test.each([
    ['nowhere', '1'],
    ['exports', '99'],
    ['exports', '/none'],
  ])('%s %s: not found, without a stack trace', async (file, place) => {
    await withPair(RELATIONSHIP, async pair => {
      await inStep(pair);
      const { exit, stderr } = await pair.warmspare('explain', file, place);
      expect([exit, stderr]).toEqual([1, expect.stringContaining('error not-found: ')]);
    });
  });
});

describe('status', () => {
  const CASES: readonly (readonly [string, number, Edit, RegExp])[] = [
    ['in sync', 0, () => {}, /in sync +- +yes +0 s ago/],
    [
      'behind',
      6,
      edit('primary', 'smb.conf', 'workers = 4', 'workers = 8'),
      /behind +1 file[\s\S]*warmspare update/,
    ],
    [
      'held',
      4,
      pair => unlinkSync(pair.path('primary', 'exports')),
      /held +1 file[\s\S]*warmspare approve [0-9a-f]{12}, or warmspare reject [0-9a-f]{12}/,
    ],
    [
      'unreachable',
      6,
      pair => renameSync(pair.path('backup', ''), join(pair.folder, 'away')),
      /unreachable[\s\S]*does not exist/,
    ],
    [
      'no baseline',
      6,
      async pair => void (await pair.warmspare('undo', '--baseline')),
      /no baseline[\s\S]*warmspare update/,
    ],
    [
      'held',
      4,
      pair => rmSync(join(pair.folder, 'backup/.warmspare'), { recursive: true }),
      /held[\s\S]*ledger is gone[\s\S]*--baseline take-primary/,
    ],
    [
      'held',
      4,
      pair => renameSync(pair.path('primary', ''), join(pair.folder, 'away')),
      /held[\s\S]*mounted/,
    ],
    ['behind', 6, pair => unlinkSync(pair.path('backup', 'exports')), /exports was deleted on the backup/],
  ];

  test.each(CASES)('%s ends with %i', async (state, exit, change, said) => {
    await withPair(RELATIONSHIP, async pair => {
      await inStep(pair);
      await change(pair);
      const human = await pair.warmspare('status');
      expect([human.exit, human.stdout]).toEqual([exit, expect.stringMatching(said)]);
      const json = JSON.parse((await pair.warmspare('status', '--json')).stdout);
      expect([json.exit, json.relationships[0].state]).toEqual([exit, state]);
      const update = await pair.warmspare('update');
      const expected =
        state === 'behind' && change.toString().includes('unlink')
          ? 6
          : state === 'behind' || state === 'no baseline'
            ? 0
            : exit;
      expect(update.exit).toBe(expected);
    });
  });

  test('paused is not in sync, also without a daemon, until the pause ends', async () => {
    await withPair(RELATIONSHIP, async pair => {
      await inStep(pair);
      const state = async () => {
        const { exit, stdout } = await pair.warmspare('status', '--json');
        const [one] = JSON.parse(stdout).relationships;
        return [exit, one.state, one.ready];
      };
      expect((await pair.warmspare('pause', '--for', '2h', '--reason', 'migration')).exit).toBe(0);
      expect(await state()).toEqual([6, 'paused', '-']);
      expect((await pair.warmspare('status')).stdout).toMatch(
        /pair: paused by \S+ until 2026-01-01T02:00:00.000Z \(migration\): warmspare resume pair/,
      );
      pair.now += 2 * 3_600_000;
      expect(await state()).toEqual([0, 'in sync', 'yes']);
      expect((await pair.warmspare('pause')).exit).toBe(0);
      pair.now += 1000 * 3_600_000;
      expect(await state()).toEqual([6, 'paused', '-']);
      expect((await pair.warmspare('resume')).exit).toBe(0);
      expect(await state()).toEqual([0, 'in sync', 'yes']);
    });
  });

  test('a damaged note of a pause means paused, and what stops everything is told before it', async () => {
    await withPair(RELATIONSHIP, async pair => {
      await inStep(pair);
      expect((await pair.warmspare('pause')).exit).toBe(0);
      writeFileSync(join(pair.folder, 'state/journal/paused/pair'), 'no note');
      expect(await pair.warmspare('status')).toMatchObject({
        exit: 6,
        stdout: expect.stringMatching(/ paused [\s\S]*note of the pause is damaged/),
      });
      rmSync(join(pair.folder, 'backup/.warmspare'), { recursive: true });
      expect(await pair.warmspare('status')).toMatchObject({
        exit: 4,
        stdout: expect.stringMatching(/ held [\s\S]*ledger is gone[\s\S]*paused by/),
      });
    });
  });

  test('tells the age of the last proof, and the history with who, when and why', async () => {
    await withPair(RELATIONSHIP, async pair => {
      await inStep(pair);
      pair.now += 3 * 60_000;
      expect((await pair.warmspare('status')).stdout).toContain('3 min ago');
      const { history } = JSON.parse((await pair.warmspare('status', '--json')).stdout).relationships[0];
      expect(history).toMatchObject([
        { what: 'baseline', reason: 'first of all', at: pair.now - 3 * 60_000 },
      ]);
    });
  });
});

test('every command gives one JSON object with its exit, and nothing on stderr', async () => {
  await withPair(RELATIONSHIP, async pair => {
    const run = async (...argv: string[]) => {
      const { exit, stdout, stderr } = await pair.warmspare(...argv, '--json');
      const parsed = JSON.parse(stdout);
      expect([argv, parsed.exit, parsed.command, stderr]).toEqual([argv, exit, argv[0], '']);
      return exit;
    };
    pair.write('primary', 'smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    expect(await run('check')).toBe(0);
    expect(await run('diff')).toBe(3);
    expect(await run('update')).toBe(0);
    expect(await run('verify')).toBe(0);
    expect(await run('status')).toBe(0);
    expect(await run('explain', 'exports', '3')).toBe(0);
    unlinkSync(pair.path('primary', 'exports'));
    expect(await run('diff')).toBe(4);
    expect(await run('update')).toBe(4);
    expect(await run('check')).toBe(4);
    expect(await run('reject', (await theHeld(pair)).id)).toBe(0);
    pair.write('primary', 'smb.conf', changed(SMB, 'workers = 4', 'workers = 8'));
    expect(await run('update')).toBe(0);
    expect(await run('undo')).toBe(0);
    expect(await run('approve', 'ffffffff')).toBe(1);
    expect(await run('explain', 'nowhere')).toBe(1);
    expect(await run('update', 'nobody')).toBe(2);
    expect(await run('update', '--plan', 'nowhere.json')).toBe(2);
    expect(await run('undo', '--baseline')).toBe(0);
    expect(existsSync(join(pair.folder, 'backup/.warmspare'))).toBe(false);
    expect(statSync(join(pair.folder, 'state')).mode & 0o777).toBe(0o700);
  });
});
