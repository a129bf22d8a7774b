import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Writers } from '../../../src/daemon/watch/writers.ts';

let base: string;
let file: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'warmspare-writers-'));
  file = join(base, 'conf');
  writeFileSync(file, 'x');
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill();
  rmSync(base, { recursive: true, force: true });
});

const asked = (real = file) => {
  const found = statSync(real, { bigint: true });
  return { real, inode: `${found.dev}:${found.ino}` };
};

/** A process that holds the file open in the shell's manner of redirection, until it is told to end. */
async function holds(redirection: string): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', `exec 3${redirection}; echo open; read line`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

describe('who has a file open for writing', () => {
  it.each(['>', '>>', '<>'])('a process that opened it with %s, until it has ended', async how => {
    const writers = new Writers();
    const child = await holds(`${how}${file}`);
    expect(await writers.writing(asked())).toBe(true);
    child.stdin!.end();
    await once(child, 'exit');
    expect(await writers.writing(asked())).not.toBe(true);
  });

  it('not a reader, nor ourselves', async () => {
    const writers = new Writers();
    await holds(`<${file}`);
    const own = openSync(file, 'r+');
    expect(await writers.writing(asked())).not.toBe(true);
    closeSync(own);
  });

  it('a writer of the same file under another name, also a former one', async () => {
    const writers = new Writers();
    linkSync(file, join(base, 'other'));
    await holds(`>>${join(base, 'other')}`);
    expect(await writers.writing(asked())).toBe(true);
    writeFileSync(join(base, 'temporary'), '');
    await holds(`>>${join(base, 'temporary')}`);
    renameSync(join(base, 'temporary'), join(base, 'final'));
    expect(await writers.writing(asked(join(base, 'final')))).toBe(true);
  });

  it('answers all who ask at once, each for its own file', async () => {
    const writers = new Writers();
    const quiet = join(base, 'quiet');
    writeFileSync(quiet, '');
    await holds(`>>${file}`);
    const answers = await Promise.all([
      writers.writing(asked()),
      writers.writing(asked(quiet)),
      writers.writing(asked()),
    ]);
    expect(answers.map(answer => answer === true)).toEqual([true, false, true]);
  });

  it('without /proc nobody can tell', async () => {
    expect(await new Writers(join(base, 'none')).writing(asked())).toBeUndefined();
  });

  const FIRST = 'pid:[4026531836]';
  it.each<[string, string, string[], boolean | undefined]>([
    ['all processes are seen', FIRST, ['1', '77'], false],
    ['in a container', 'pid:[4026532001]', ['1', '77'], undefined],
    ['processes are hidden', FIRST, ['77'], undefined],
  ])('%s', async (_, namespace, processes, answer) => {
    const proc = join(base, 'proc');
    mkdirSync(join(proc, 'self/ns'), { recursive: true });
    symlinkSync(namespace, join(proc, 'self/ns/pid'));
    for (const id of processes) mkdirSync(join(proc, id, 'fd'), { recursive: true });
    expect(await new Writers(proc).writing(asked())).toBe(answer);
  });

  it.runIf(process.geteuid?.() === 0)('root is told for sure', async () => {
    expect(await new Writers().writing(asked())).toBe(false);
  });
});
