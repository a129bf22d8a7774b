import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NodePair, Outcome } from '../support/pair.ts';
import { counted, expectInWords, treeOf, withNodes } from './bad-input.ts';

const cases = counted('bad input, through the real process');
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The program itself, as it is installed: no start script around it. */
const PROGRAM = join(ROOT, 'bin/warmspare.js');

/** More than a busy machine takes for a command. */
const LIMIT_MS = 120_000;

function runProcess(file: string, argv: readonly string[], cwd: string, uid?: number): Promise<Outcome> {
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(process.execPath, [file, ...argv], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // One that never ends is ended, and not left behind.
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    ...identity,
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', data => (said.stdout += data));
  child.stderr.on('data', data => (said.stderr += data));
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', exit => done({ exit: exit ?? -1, ...said }));
  });
}

/** Runs the program and holds it against the whole of what it says. */
async function expectSaid(
  pair: NodePair,
  argv: readonly string[],
  exit: number,
  stderr: string,
  stdout = '',
): Promise<void> {
  cases.add();
  const before = [treeOf(pair.path('primary', '')), treeOf(pair.path('backup', ''))];
  const outcome = await runProcess(PROGRAM, argv, pair.folder);
  expect(outcome).toEqual({ exit, stdout, stderr });
  expectInWords(outcome);
  expect([treeOf(pair.path('primary', '')), treeOf(pair.path('backup', ''))]).toEqual(before);
}

describe('the process', () => {
  // Builds what is stale, as a user's first command does.
  beforeAll(async () => {
    const { exit, stderr } = await runProcess(join(ROOT, 'scripts/start.js'), ['--version'], ROOT);
    expect([exit, stderr.replace(/^warmspare: .*\n/gm, '')]).toEqual([0, '']);
  });

  it('says a mistake in the configuration and nothing else', async () => {
    await withNodes({ include: ['exports'] }, async pair => {
      writeFileSync(join(pair.folder, 'warmspare.yaml'), 'version: 1\nrelationshps: {}\n');
      await expectSaid(
        pair,
        ['update'],
        2,
        `warmspare.yaml:1:1: error config-invalid: "relationships" is missing
    version: 1
    ^^^^^^^
  hint: add "relationships": the relationships by name
warmspare.yaml:2:1: error config-unknown-key: unknown key "relationshps"
    relationshps: {}
    ^^^^^^^^^^^^
  hint: did you mean "relationships"?
`,
      );
    });
  });

  it('says that the configuration is not there', async () => {
    await withNodes({ include: ['exports'] }, async pair => {
      await expectSaid(
        pair,
        ['check', '-c', 'nowhere.yaml'],
        2,
        `nowhere.yaml: error config-missing: cannot read the configuration file: there is no such file
  hint: name the file with -c FILE
`,
      );
    });
  });

  it('says what is held', async () => {
    await withNodes({ include: ['a.json', 'secrets.tdb'] }, async pair => {
      pair.write('primary', 'a.json', `{"host": "nas1",\n "host": ${'['.repeat(100_000)}\n`);
      pair.write('primary', 'secrets.tdb', 'TDB file\n\0\0');
      const argv = ['diff'];
      cases.add();
      const { exit, stdout, stderr } = await runProcess(PROGRAM, argv, pair.folder);
      expect([exit, stdout]).toEqual([4, '']);
      expect(stderr.split('\n').filter(line => /^\S/.test(line))).toEqual([
        'a.json:2:209: held too-deep: the file nests deeper than 200 levels',
        'secrets.tdb: held binary: the file is a Samba database (TDB), not a text',
      ]);
    });
  });

  it('says it as one object with --json, on stdout alone', async () => {
    await withNodes({ include: ['a.json'] }, async pair => {
      pair.write('primary', 'a.json', '{"host": "nas1"');
      cases.add();
      const { exit, stdout, stderr } = await runProcess(PROGRAM, ['update', '--json'], pair.folder);
      expect([exit, stderr]).toEqual([4, '']);
      const [failure] = JSON.parse(stdout).failures;
      expect(failure).toMatchObject({ severity: 'held', failure: 'syntax', at: { file: 'a.json', line: 1 } });
      expect(failure.hint).toContain('Mend the file');
    });
  });

  it('says that the backup is not there', async () => {
    await withNodes({ include: ['exports'] }, async pair => {
      pair.configure({ include: ['exports'], identity: [], backup: { path: './elsewhere' } });
      const said = `elsewhere: warning root-missing: backup: ${pair.folder}/elsewhere does not exist
  hint: check the path, and that its file system is mounted
`;
      const direction = `# pair: ${pair.folder}/primary -> ${pair.folder}/elsewhere`;
      const compared = `${direction}: not compared, the backup cannot be reached\n`;
      await expectSaid(pair, ['diff'], 6, said, compared);
      await expectSaid(pair, ['update'], 6, said);
    });
  });

  it('says that another process works', async () => {
    await withNodes({ include: ['exports'] }, async pair => {
      mkdirSync(join(pair.folder, 'state'));
      writeFileSync(join(pair.folder, 'state/lock'), String(process.pid));
      await expectSaid(
        pair,
        ['update'],
        5,
        `state/lock: error locked: another warmspare works on ${pair.folder}/state (process ${process.pid})
  hint: wait until it has finished, or stop it
`,
      );
    });
  });

  it('says that the state folder cannot be made, and ends', async () => {
    await withNodes(
      { include: ['exports'] },
      async pair => {
        const said = `/proc/warmspare: error unwritable: the state folder /proc/warmspare cannot be used (ENOENT)
  hint: set \`state:\` in the configuration file to a folder that this user may write
`;
        for (const command of ['update', 'run']) await expectSaid(pair, [command], 1, said);
      },
      { state: '/proc/warmspare' },
    );
  });

  it('of a user who may not, says which right is missing', async () => {
    await withNodes({ include: ['a.conf', 'b.conf'] }, async pair => {
      pair.write('primary', 'a.conf', 'nas1\n');
      pair.write('primary', 'b.conf', 'nas1\n');
      const isRoot = process.geteuid!() === 0;
      chmodSync(pair.path('primary', 'a.conf'), 0o000);
      chmodSync(pair.path('backup', ''), 0o555);
      for (const path of [pair.folder, ...(isRoot ? [join(pair.folder, 'warmspare.yaml')] : [])]) {
        if (isRoot) chownSync(path, 65534, 65534);
      }
      cases.add();
      const uid = isRoot ? 65534 : undefined;
      const check = await runProcess(PROGRAM, ['check'], pair.folder, uid);
      expect([check.exit, check.stdout]).toEqual([
        4,
        expect.stringContaining('cannot be written by this user'),
      ]);
      const { exit, stdout, stderr } = await runProcess(PROGRAM, ['update'], pair.folder, uid);
      expect([exit, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^backup: error unwritable: the backup cannot be written \(EACCES/m);
      chmodSync(pair.path('backup', ''), 0o755);
    });
  });
});
