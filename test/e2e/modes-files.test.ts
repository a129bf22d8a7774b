import { spawn } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LONG } from '../runs.ts';
import { withPair } from '../support/pair.ts';
import { EXPORTS, NAMES } from './fixtures.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES, guard: 'off' };
const isRoot = process.getuid?.() === 0;

test('owner and mode of the backup’s files stay through updates', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    chmodSync(pair.path('backup', 'exports'), 0o2604);
    if (isRoot) chownSync(pair.path('backup', 'exports'), 33, 34);
    if (isRoot) chmodSync(pair.path('backup', 'exports'), 0o2604);
    chmodSync(pair.path('primary', 'exports'), 0o600);
    for (let i = 0; i < 3; i++) {
      pair.write('primary', 'exports', `${EXPORTS}/srv/${i} nas1(ro)\n`);
      expect((await pair.warmspare('update')).exit).toBe(0);
    }
    const { mode, uid, gid } = statSync(pair.path('backup', 'exports'));
    expect(mode & 0o7777).toBe(0o2604);
    if (isRoot) expect([uid, gid]).toEqual([33, 34]);
    expect(pair.read('backup', 'exports')).toContain('/srv/2 nas2(ro)');
  });
});

test('a symbolic link on the backup stays one, and one on the primary is followed', async () => {
  await withPair({ ...RELATIONSHIP, include: ['conf/*'] }, async pair => {
    pair.write('primary', 'real/exports', EXPORTS);
    mkdirSync(pair.path('primary', 'conf'));
    symlinkSync('../real/exports', pair.path('primary', 'conf/exports'));
    mkdirSync(pair.path('backup', 'conf'));
    pair.write('backup', 'own/place', EXPORTS.replaceAll('nas1', 'nas2'));
    symlinkSync('../own/place', pair.path('backup', 'conf/exports'));
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.write('primary', 'real/exports', `${EXPORTS}/srv/more nas1(ro)\n`);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(readlinkSync(pair.path('backup', 'conf/exports'))).toBe('../own/place');
    expect(lstatSync(pair.path('backup', 'own/place')).isFile()).toBe(true);
    expect(pair.read('backup', 'own/place')).toContain('/srv/more nas2(ro)');
  });
});

/** Reads a file for as long as it runs, and counts what it saw: whole versions, and anything else. */
const READER = `
  const { readFileSync } = require('node:fs');
  const seen = new Set(); let bad = 0; let reads = 0;
  process.stdin.on('end', () => { running = false; }).resume();
  let running = true;
  const look = () => {
    for (let i = 0; i < 50; i++) {
      reads++;
      let text;
      try { text = readFileSync(process.argv[1], 'utf8'); } catch { bad++; continue; }
      const [first] = text.split('\\n');
      const whole = text === (first + '\\n').repeat(Number(first.split(' ')[1]) + 1);
      if (whole) seen.add(first); else bad++;
    }
    if (running) setImmediate(look); else console.log(JSON.stringify({ reads, bad, seen: seen.size }));
  };
  look();
  console.log('ready');
`;

/** Each is an update while somebody reads in a loop. */
const UPDATES = LONG ? 200 : 60;

test(`a reader sees whole versions only, through ${UPDATES} updates`, async () => {
  await withPair(RELATIONSHIP, async pair => {
    // Line n of 300 lines, all equal within a version, on nas1: torn is what differs from its first line.
    const version = (i: number) => `nas1 ${i + 100} of version ${i}\n`.repeat(i + 101);
    pair.write('primary', 'lines', version(0));
    await pair.warmspare('update');
    const reader = spawn(process.execPath, ['-e', READER, pair.path('backup', 'lines')]);
    let said = '';
    await new Promise<void>(ready => {
      reader.stdout.on('data', data => {
        said += data;
        if (said.startsWith('ready')) ready();
      });
    });
    try {
      for (let i = 1; i <= UPDATES; i++) {
        pair.write('primary', 'lines', version(i));
        const { exit } = await pair.warmspare('update');
        expect([i, exit]).toEqual([i, 0]);
      }
    } finally {
      reader.stdin.end();
      await new Promise(done => reader.once('close', done));
    }
    const { reads, bad, seen } = JSON.parse(said.replace('ready\n', ''));
    expect(bad).toBe(0);
    expect(reads).toBeGreaterThan(5 * UPDATES);
    expect(seen).toBeGreaterThan(UPDATES / 4);
  });
});
