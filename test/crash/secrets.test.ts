import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isFailure } from '../../src/core/failure.ts';
import { openJournalReader } from '../../src/daemon/journal/reader.ts';
import { heldNow } from '../e2e/held.ts';
import { LONG } from '../runs.ts';
import { type NodePair, withPair } from '../support/pair.ts';
import { DaemonProcess } from '../support/process.ts';
import { CANARY, plant, SECRETS } from './planted-secrets.ts';

const RELATIONSHIP = {
  include: ['**'],
  exclude: ['.warmspare/**'],
  files: { '*.lines': { format: 'lines' } },
  identity: [
    { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
    { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
    {
      kind: 'iqn',
      primary: 'iqn.2003-01.org.linux-iscsi.nas1:*',
      backup: 'iqn.2003-01.org.linux-iscsi.nas2:*',
    },
  ],
};

const counted = { outputs: 0, bytes: 0 };
const leaked = new Set<string>();

afterAll(() => console.log(`searched for 50 secrets: ${counted.outputs} outputs, ${counted.bytes} bytes`));

/** Notes every canary in what was said, with its line. */
function search(where: string, said: string): void {
  counted.outputs++;
  counted.bytes += said.length;
  for (const text of new Set(said.match(CANARY) ?? [])) {
    const at = said.split('\n').find(each => each.includes(text))!;
    const from = Math.max(0, at.indexOf(text) - 80);
    leaked.add(`${where}: ${text}: ${at.slice(from, from + 200).trim()}`);
  }
}

async function quiet(pair: NodePair, ...argv: string[]): Promise<void> {
  for (const line of [argv, [...argv, '--json']]) {
    const { stdout, stderr } = await pair.warmspare(...line);
    search(`${line.join(' ')} (stdout)`, stdout);
    search(`${line.join(' ')} (stderr)`, stderr);
  }
}

const FILES = Object.keys(SECRETS);

function save(
  pair: NodePair,
  side: 'primary' | 'backup',
  version: string,
  more = (text: string, _file: string) => text,
): void {
  for (const file of FILES) {
    const text = side === 'backup' ? onBackup(SECRETS[file]!) : SECRETS[file]!;
    pair.write(side, file, more(plant(text, version), file));
  }
}

const onBackup = (text: string) => text.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1', '10.0.1.1');

let looks = 0;

/** Every command that only looks; in a sample, files are explained in turn. */
async function everyLook(pair: NodePair, lines = 0): Promise<void> {
  looks++;
  const inTurn = [['verify'], ['history', '--all']].filter(
    (_, at) => LONG || lines > 0 || (looks + at) % 2 === 0,
  );
  for (const argv of [['check'], ['diff'], ['status'], ...inTurn]) await quiet(pair, ...argv);
  const explained = LONG || lines > 0 ? FILES : FILES.filter((_, at) => (at + looks) % 13 < 2);
  for (const file of explained) {
    await quiet(pair, 'explain', file);
    for (let line = 1; line <= lines; line++) await quiet(pair, 'explain', file, String(line));
  }
}

test('fifty secrets are planted, and each can be shown', async () => {
  await withPair(RELATIONSHIP, async pair => {
    save(pair, 'primary', 'A');
    const { stdout } = await pair.warmspare('diff', '--show-secrets');
    expect(new Set(stdout.match(CANARY))).toHaveProperty('size', 50);
    // The search itself finds what is there.
    search('diff --show-secrets', stdout);
    expect(leaked.size).toBe(50);
    leaked.clear();
  });
});

test('in no output of a command: a baseline, drift, a change, conflicts', async () => {
  await withPair(RELATIONSHIP, async pair => {
    save(pair, 'primary', 'A');
    await everyLook(pair);
    await quiet(pair, 'update');
    save(pair, 'backup', 'F');
    await everyLook(pair, LONG ? 14 : 1);
    save(pair, 'backup', 'A');
    save(pair, 'primary', 'B');
    await everyLook(pair);
    save(pair, 'backup', 'C');
    await everyLook(pair);
    await quiet(pair, 'update');
    const held = await heldNow(pair);
    expect(held.length).toBeGreaterThan(10);
    for (const { id } of held.slice(0, 3)) await quiet(pair, 'reject', id);
    for (const { id } of held.slice(3)) await quiet(pair, 'approve', id);
    await everyLook(pair);
    await quiet(pair, 'pause', '--for', '1h');
    await quiet(pair, 'resume');
    await quiet(pair, 'undo');
    await quiet(pair, 'undo', '--baseline');
  });
  expect([...leaked]).toEqual([]);
});

test('in no output of a command: residue, look-alikes, strings in no pair, files that are cut', async () => {
  await withPair(RELATIONSHIP, async pair => {
    save(pair, 'primary', 'A');
    await quiet(pair, 'update');
    save(pair, 'primary', 'D', text => text.replaceAll('nas1', '%6eas1'));
    await everyLook(pair);
    await quiet(pair, 'update');
    // The secret itself is, or holds, what is looked for and told of: near, unmapped, residue.
    for (const sort of ['Vnas1', 'nas1.', '10.0.0.77-', 'iqn.2003-01.org.other:', '%6eas1.'].slice(
      LONG ? 0 : 3,
    )) {
      save(pair, 'primary', 'G', text => text.replace(/(?<!AQ)Canary/g, `${sort}Canary`));
      await everyLook(pair);
      await quiet(pair, 'update');
    }
    // Cut behind each secret: failures of parsing show a line.
    for (const part of LONG ? [0.2, 0.4, 0.6, 0.8, 1] : [0.4, 1]) {
      save(pair, 'primary', 'E', text => {
        const found = [...text.matchAll(CANARY)];
        const at = found[Math.ceil(found.length * part) - 1]!;
        return text.slice(0, at.index + at[0].length);
      });
      await everyLook(pair);
      await quiet(pair, 'update');
    }
    // Syntax errors on the line of the secret, and next to it.
    for (const wrong of LONG ? [': [', '"', '}', '\n  ]', '\t\u0000'] : [': [', '\n  ]', '\u0000']) {
      save(pair, 'primary', 'H', text => text.replace(/Canary[^\\\n=]*$/gm, rest => rest + wrong));
      await everyLook(pair);
      await quiet(pair, 'update');
    }
  });
  expect([...leaked]).toEqual([]);
});

/** All files below a folder with their modes, and whether a canary stands in them. */
function stored(folder: string) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).map(entry => {
    const path = join(entry.parentPath, entry.name);
    const mode = statSync(path).mode & 0o777;
    const holds = entry.isFile() && CANARY.test(readFileSync(path, 'latin1'));
    CANARY.lastIndex = 0;
    return { path, isFolder: entry.isDirectory(), mode, holds };
  });
}

test('in no line of the daemon, no fact of its journal; in what it keeps only for its owner', async () => {
  const daemon = new DaemonProcess({ ...RELATIONSHIP, guard: 'off' });
  try {
    save(daemon, 'primary', 'A');
    expect((await daemon.warmspare('update')).exit).toBe(0);
    await daemon.start();
    save(daemon, 'primary', 'B');
    const missing = () =>
      FILES.filter(file => daemon.text('backup', file) !== onBackup(plant(SECRETS[file]!, 'B')));
    await daemon.until(
      () => missing().length === 0,
      () => `${missing()}`,
    );
    // Conflicts, then files that do not parse.
    save(daemon, 'backup', 'C');
    save(daemon, 'primary', 'D');
    await daemon.until(() => FILES.every(file => daemon.said.some(line => line.includes(`${file} is held`))));
    await everyLook(daemon);
    const before = daemon.said.length;
    save(daemon, 'primary', 'E', text => text.slice(0, text.search(/(?<!AQCanaryE)xq\d\dZk/) + 6));
    await daemon.until(() => daemon.said.length > before + 3);
    await everyLook(daemon);
    for (const { id } of (await heldNow(daemon)).slice(0, 2)) await quiet(daemon, 'approve', id);
    const reader = await openJournalReader(join(daemon.folder, 'state'));
    if (reader === undefined || isFailure(reader)) throw new Error(reader?.message);
    const { records } = await reader.read();
    // It holds what was changed, real bytes among it: that is state, for its owner alone, and no output.
    search('journal, facts', JSON.stringify(await reader.facts('pair')));
    await reader.close();
    expect(records.length).toBeGreaterThan(20);
    await daemon.signal('SIGTERM');
    search('log', daemon.said.join('\n'));
    // An earlier version is the replaced file itself and has its mode; what guards it is the folder above.
    const kept = [
      ...stored(join(daemon.folder, 'state')),
      ...stored(daemon.path('backup', '.warmspare')),
    ].filter(({ path }) => !/\/earlier\/\d+\.file\./.test(path));
    expect(kept.filter(({ holds }) => holds).length).toBeGreaterThan(10);
    const open = kept.filter(({ isFolder, mode, holds }) =>
      isFolder ? mode !== 0o700 : holds && mode !== 0o600,
    );
    expect(open.map(({ path, mode }) => `${path} ${mode.toString(8)}`)).toEqual([]);
  } finally {
    daemon.remove();
  }
  expect([...leaked]).toEqual([]);
});

test('no core is written: the unit forbids it', () => {
  const unit = readFileSync(new URL('../../etc/warmspare.service', import.meta.url), 'utf8');
  expect(unit).toMatch(/^LimitCORE=0$/m);
  expect(unit).toMatch(/^WatchdogSignal=SIGKILL$/m);
});
