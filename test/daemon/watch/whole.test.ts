import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileSource } from '../../../src/connectors/file/source.ts';
import { sameVersion } from '../../../src/core/capture/look.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { Capture, type Hint } from '../../../src/daemon/watch/capture.ts';
import { Folders } from '../../../src/daemon/watch/folders.ts';
import { LONG } from '../../runs.ts';
import { content, versionOf } from '../../support/tools/content.ts';

const ROUNDS = LONG ? 2_000 : 50;
const VERSIONS = 8;

/**
 * Each script saves as fast as it can, `$1` times; `$C` gives one of a few contents in turn. `proven`: how
 * many of the saves must have been known for whole, lest a proof that never succeeds passes.
 */
const PATTERNS: readonly (readonly [name: string, script: string, proven: number])[] = [
  ['mv over it', 'cp "$C" "$A/t"; mv "$A/t" "$P"', 0.3],
  ['mv from beside', 'cp "$C" "$P.t"; mv "$P.t" "$P"', 0.3],
  ['ln -f', 'rm -f "$A/t"; cp "$C" "$A/t"; ln -f "$A/t" "$P"', 0.3],
  ['sed -i', 'sed -i -e "1r $C" -e d "$P"', 0.3],
  ['install', 'install "$C" "$P"', 0],
  ['rm, cp', 'rm "$P"; cp "$C" "$P"', 0],
  ['vim: mv conf conf~; cp', 'mv "$P" "$P~"; cp "$C" "$P"', 0],
  [
    'vim: probe 4913 of the same inode',
    ': > "$R/4913"; rm "$R/4913"; mv "$P" "$P~"; cp "$C" "$P"; rm "$P~"',
    0,
  ],
  ['mv from another file system', 'cp "$C" "$F/t"; mv "$F/t" "$P"', 0],
  ['cp', 'cp "$C" "$P"', 0],
  ['cp -p, old times', 'touch -d 2001-01-01 "$C"; cp -p "$C" "$P"', 0],
  ['dd conv=notrunc', 'dd if="$C" of="$P" bs=4096 conv=notrunc status=none', 0],
  ['mv over it, then cp', 'cp "$C" "$A/t"; mv "$A/t" "$P"; cp "$C" "$P"', 0],
  ['mv over it, then install', 'cp "$C" "$A/t"; mv "$A/t" "$P"; install "$C" "$P"', 0],
  ['rm, mv, rm, cp', 'cp "$C" "$A/t"; rm "$P"; mv "$A/t" "$P"; rm "$P"; cp "$C" "$P"', 0],
  ['aside of the same inode, then anew', 'cp "$C" "$P.t"; rm "$P.t" "$P"; cp "$C" "$P"', 0],
];

let base: string;
let far: string;
let folders: Folders;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'warmspare-whole-'));
  far = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/warmspare-whole-') : base;
  folders = new Folders();
});

afterEach(() => {
  folders.close();
  for (const folder of [base, far]) rmSync(folder, { recursive: true, force: true });
});

describe('a file that is said to be whole is read at once, and is whole', () => {
  it.each(PATTERNS)('%s', async (_, script, proven) => {
    const [root, aside] = [join(base, 'root'), join(base, 'aside')];
    for (const folder of [root, aside]) mkdirSync(folder);
    for (let i = 0; i < VERSIONS; i++) writeFileSync(join(aside, `c${i}`), content(i));
    const file = join(root, 'conf');
    writeFileSync(file, content(0));
    const wholes = new Set<string>();
    const torn: string[] = [];
    const source = new FileSource(root);
    const capture = new Capture({
      root,
      scope: { include: ['conf'], exclude: [] },
      folders,
      now: () => performance.now(),
      hint: hinted,
      rescan: () => void capture.scan(),
      blind: () => undefined,
      sighted: () => undefined,
    });
    let hints = 0;
    let reading: Promise<unknown> = Promise.resolve();
    function hinted(hint: Hint): void {
      const mine = ++hints;
      if (hint.whole) reading = Promise.all([reading, read(hint, mine)]);
    }
    // As the daemon does: what is read must be the look of the hint, and no further hint may have come.
    async function read(hint: Hint, mine: number): Promise<void> {
      const stored = await source.read('conf');
      await capture.told();
      if (mine !== hints || stored === undefined || isFailure(stored)) return;
      if (!sameVersion(capture.look('conf'), hint.look)) return;
      const text = new TextDecoder().decode(stored.bytes);
      if (versionOf(text) === undefined) torn.push(`${text.length} characters`);
      else wholes.add(stored.hash + hint.look?.inode + hint.look?.changed);
    }
    await capture.scan();
    await loop(script, { P: file, A: aside, F: far, R: root });
    await reading;
    capture.close();
    expect(torn).toEqual([]);
    expect(wholes.size).toBeGreaterThanOrEqual(ROUNDS * proven);
  });
});

function loop(script: string, env: Record<string, string>): Promise<void> {
  const body = `i=0; while [ $i -lt ${ROUNDS} ]; do C="$A/c$((i % ${VERSIONS}))"; ${script}; i=$((i+1)); done`;
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-ec', body], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', status =>
      status === 0 ? resolve() : reject(new Error(`status ${status}: ${script}`)),
    );
  });
}
