import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LONG, SEED } from '../runs.ts';
import { NodePair, type Outcome } from '../support/pair.ts';
import { type DaemonProcess, withDaemon } from '../support/process.ts';
import { type Dice, damageFile, diceOf, filesBelow } from './damage.ts';

const RELATIONSHIP = {
  include: ['*.conf', 'exports', '*.json'],
  identity: [
    { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
    { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
  ],
};

/** The primary's files, by the number of the edit. The second entry of each setting goes with it. */
const PRIMARY: Readonly<Record<string, (edit: number) => string>> = {
  'smb.conf': edit =>
    `[global]\n   server string = nas1 file server\n   interfaces = 10.0.0.1/24\n   workers = 4\n   max log size = ${edit}\n\n[media]\n   path = /srv/media\n`,
  exports: edit => `# of nas1\n/srv/a 10.0.0.1(rw)\n/srv/b ${edit === 2 ? 'nas1' : '10.0.0.9'}(ro)\n`,
  'target.json': edit => `{\n  "host": "nas1",\n  "portal": "10.0.0.1:3260",\n  "queue": ${edit}\n}\n`,
};

const FILES = Object.keys(PRIMARY);

/** On the backup, one setting of smb.conf and a comment of exports are its own. */
function onBackup(file: string, edit: number): string {
  const text = PRIMARY[file]!(edit).replaceAll('nas1', 'nas2').replaceAll('10.0.0.1', '10.0.1.1');
  return file === 'smb.conf' ? text.replace('workers = 4', 'workers = 16') : text;
}

/** A pair that replicated twice and has a base of its own for the file with a local setting. */
async function replicated(): Promise<NodePair> {
  const pair = new NodePair(RELATIONSHIP);
  for (const file of FILES) pair.write('primary', file, PRIMARY[file]!(0));
  expect(await pair.warmspare('update')).toMatchObject({ exit: 0 });
  pair.write('backup', 'smb.conf', onBackup('smb.conf', 0));
  pair.write('primary', 'smb.conf', PRIMARY['smb.conf']!(1));
  pair.write('primary', 'target.json', PRIMARY['target.json']!(1));
  expect((await pair.warmspare('update')).exit).toBe(0);
  expect(FILES.map(file => pair.read('backup', file))).toEqual(
    FILES.map(file => onBackup(file, file === 'exports' ? 0 : 1)),
  );
  return pair;
}

interface Counted {
  cases: number;
  refused: number;
  done: number;
  readonly wrong: string[];
}

const COMMANDS = [
  ['status'],
  ['verify'],
  ['diff'],
  ['explain', 'smb.conf'],
  ['history'],
  ['update'],
  ['status'],
] as const;

/** Every command on a pair with one damaged file, with or without an edit that waits to be replicated. */
async function oneCase(pair: NodePair, whole: string, dice: Dice, counted: Counted): Promise<void> {
  const own = pair.path('backup', '.warmspare/pair');
  rmSync(pair.path('backup', '.'), { recursive: true });
  cpSync(join(whole, 'backup'), pair.path('backup', '.'), { recursive: true, preserveTimestamps: true });
  rmSync(join(pair.folder, 'state'), { recursive: true });
  cpSync(join(whole, 'state'), join(pair.folder, 'state'), { recursive: true });
  const isEdited = dice(2) === 1;
  for (const file of FILES)
    pair.write('primary', file, PRIMARY[file]!(isEdited ? 2 : file === 'exports' ? 0 : 1));
  const before = FILES.map(file => pair.read('backup', file));
  const after = FILES.map(file => onBackup(file, isEdited ? 2 : file === 'exports' ? 0 : 1));
  // What decides over everything is damaged as often as all others together.
  const names = filesBelow(own).filter(name => !name.startsWith('earlier/'));
  const name = dice(2) === 0 ? 'ledger.json' : names[dice(names.length)]!;
  const how = `${isEdited ? 'edited, ' : ''}${name}: ${damageFile(join(own, name), dice)}`;
  counted.cases++;
  for (const argv of COMMANDS) {
    const said = await pair.warmspare(...argv);
    const now = FILES.map(file => pair.read('backup', file));
    for (const wrong of wrongIn(argv[0], said, { before, after, now }))
      counted.wrong.push(
        `${how}: ${argv.join(' ')} (exit ${said.exit}): ${wrong}\n${said.stdout}${said.stderr}`,
      );
    // A ledger proves itself: no flip of it has any meaning.
    if (name === 'ledger.json' && ![2, 4].includes(said.exit))
      counted.wrong.push(`${how}: ${argv[0]} took it`);
    if (argv[0] === 'update') counted[said.exit === 0 ? 'done' : 'refused']++;
  }
}

interface Texts {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly now: readonly string[];
}

function wrongIn(
  command: string,
  { exit, stdout, stderr }: Outcome,
  { before, after, now }: Texts,
): string[] {
  const wrong: string[] = [];
  now.forEach((text, at) => {
    if (text !== before[at] && text !== after[at]) wrong.push(`${FILES[at]} is now ${JSON.stringify(text)}`);
  });
  const isInSync = now.every((text, at) => text === after[at]);
  if (['status', 'verify', 'update'].includes(command) && exit === 0 && !isInSync) wrong.push('not in sync');
  if (/\bin sync\b(?! but)/.test(stdout) && !/not in sync/.test(stdout) && !isInSync)
    wrong.push('said in sync');
  if (/internal|unexpected/.test(stderr) || /"internal"/.test(stdout)) wrong.push('a crash');
  return wrong;
}

test('memory of the backup that is damaged never leads to a wrong byte, a wrong word or a crash', async () => {
  const dice = diceOf(SEED);
  const counted: Counted = { cases: 0, refused: 0, done: 0, wrong: [] };
  const pair = await replicated();
  const whole = join(pair.folder, 'whole');
  try {
    for (const name of ['backup', 'state'])
      cpSync(join(pair.folder, name), join(whole, name), { recursive: true, preserveTimestamps: true });
    for (let i = 0; i < (LONG ? 1900 : 12); i++) await oneCase(pair, whole, dice, counted);
  } finally {
    pair.remove();
  }
  console.log(`damaged memory of the backup: ${JSON.stringify({ ...counted, wrong: counted.wrong.length })}`);
  expect(counted.wrong.slice(0, 5)).toEqual([]);
  // Both happen: a damage that nothing rests on is mended, all others are refused.
  expect(counted.refused).toBeGreaterThan(counted.cases / 4);
  expect(counted.done).toBeGreaterThan(0);
});

/** A journal with some history, as a clean stop leaves it. */
async function withHistory(daemon: DaemonProcess): Promise<void> {
  await daemon.start();
  for (let edit = 1; edit <= 12; edit++) {
    daemon.write('primary', 'target.json', PRIMARY['target.json']!(edit));
    const wanted = onBackup('target.json', edit);
    await daemon.until(() => daemon.text('backup', 'target.json') === wanted);
  }
  await daemon.signal('SIGTERM');
}

test('a daemon whose journal is damaged starts, says so, and goes on replicating', async () => {
  const dice = diceOf(SEED + 1);
  const cases = LONG ? 100 : 4;
  let said = 0;
  await withDaemon(RELATIONSHIP, async daemon => {
    for (const file of FILES) daemon.write('primary', file, PRIMARY[file]!(0));
    expect((await daemon.warmspare('update')).exit).toBe(0);
    await withHistory(daemon);
    const store = join(daemon.folder, 'state/journal');
    const whole = join(daemon.folder, 'journal');
    cpSync(store, whole, { recursive: true });
    for (let i = 0; i < cases; i++) {
      rmSync(store, { recursive: true });
      cpSync(whole, store, { recursive: true });
      const names = filesBelow(store);
      const name = i % 2 === 0 ? 'store/data.mdb' : names[dice(names.length)]!;
      const how = `${name}: ${damageFile(join(store, name), dice)}`;
      // Half of the edits are made while nobody looks.
      const edit = 100 + i;
      const save = () => daemon.write('primary', 'target.json', PRIMARY['target.json']!(edit));
      if (i % 4 < 2) save();
      const from = daemon.said.length;
      await daemon.start();
      if (i % 4 >= 2) save();
      const wanted = onBackup('target.json', edit);
      const isThere = () => daemon.text('backup', 'target.json') === wanted;
      await daemon.until(isThere, () => `${how}: ${daemon.text('backup', 'target.json')}`);
      const lines = daemon.said.slice(from).join('\n');
      const isSaid = /the journal was (?:damaged|begun anew)/.test(lines);
      if (isSaid) said++;
      // A clean stop seals the data: no damage to it goes by in silence.
      if (/data\.mdb|seal/.test(name)) expect([how, isSaid]).toEqual([how, true]);
      expect([how, (await daemon.warmspare('status')).exit]).toEqual([how, 0]);
      for (const file of FILES.slice(0, 2))
        expect(daemon.text('backup', file)).toBe(onBackup(file, 0).replace('workers = 16', 'workers = 4'));
      await daemon.signal(i % 3 === 0 ? 'SIGKILL' : 'SIGTERM');
    }
  });
  console.log(`damaged journals: ${cases}, said: ${said}`);
});
