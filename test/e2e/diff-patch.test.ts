import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { editRuns } from '../corpus/edits.ts';
import { corpusSets, demandCorpus } from '../corpus/sets.ts';
import { LONG, SEED } from '../runs.ts';
import { type NodePair, withPair } from '../support/pair.ts';
import { changed, EXPORTS, identityOf, NAMES, SMB, TARGETS, trapIdentity, trapSets } from './fixtures.ts';
import { tree } from './tree.ts';

demandCorpus(console.warn);

/** The bytes of the files below a folder; owner and mode are no matter of a diff. */
function bytesOf(folder: string): Record<string, string> {
  const files = Object.entries(tree(folder, { without: ['.warmspare'] }));
  return Object.fromEntries(
    files
      .filter(([, about]) => !about.endsWith(' folder'))
      .map(([path, about]) => [path, about.replace(/^\S+ \S+ /, '')]),
  );
}

/** What patch(1) makes of the backup with the diff as it was printed. */
async function patched(
  pair: NodePair,
): Promise<{ bytes: Record<string, string>; plan: string; stdout: string }> {
  const copy = join(pair.folder, 'copy');
  rmSync(copy, { recursive: true, force: true });
  cpSync(join(pair.folder, 'backup'), copy, {
    recursive: true,
    filter: path => !path.endsWith('.warmspare'),
  });
  const { stdout } = await pair.warmspare('diff', '--show-secrets');
  const { status, stdout: said } = spawnSync('patch', ['-p1', '--batch'], {
    cwd: copy,
    input: stdout,
    encoding: 'utf8',
  });
  expect([status, said]).toEqual([0, said]);
  expect(said).not.toMatch(/fuzz|offset|Only garbage|FAILED|Stripping/);
  return { bytes: bytesOf(copy), plan: /plan ([0-9a-f]{12})/.exec(stdout)?.[1] ?? '', stdout };
}

async function sameAsUpdate(pair: NodePair, what: string, exit = 0): Promise<string> {
  const { bytes, plan, stdout } = await patched(pair);
  const update = await pair.warmspare('update');
  expect([what, update.exit]).toEqual([what, exit]);
  expect([what, bytesOf(join(pair.folder, 'backup'))]).toEqual([what, bytes]);
  expect(update.stdout).toContain(`plan ${plan}`);
  return stdout;
}

describe('patch -p1 makes of the backup what update makes of it', () => {
  test.each(corpusSets().map(set => [set.name, set] as const))('%s', async (_, set) => {
    const relationship = { include: [set.file], identity: identityOf(set.mapping), guard: 'off' };
    await withPair(relationship, async pair => {
      pair.write('primary', set.file, set.text);
      await sameAsUpdate(pair, 'baseline');
      const edits = editRuns(set);
      for (const { name, text } of LONG ? edits : edits.slice(SEED % 3).filter((_, at) => at % 3 === 0)) {
        pair.write('primary', set.file, text);
        await sameAsUpdate(pair, name);
      }
    });
  });

  test.each(trapSets().map(set => [set.name, set] as const))('%s', async (_, set) => {
    const relationship = { include: [set.file], identity: trapIdentity(set.mapping), guard: 'off' };
    await withPair(relationship, async pair => {
      pair.write('primary', set.file, set.text);
      await sameAsUpdate(pair, 'baseline');
      pair.write('primary', set.file, set.text.endsWith('\n') ? set.text.trimEnd() : `${set.text}\n`);
      await sameAsUpdate(pair, 'the last line end gone, or come');
      pair.write('primary', set.file, set.text);
      await sameAsUpdate(pair, 'and back');
    });
  });

  test('created, changed and deleted files, CRLF, no final newline, blanks in names', async () => {
    await withPair({ include: ['**'], identity: NAMES, guard: 'off' }, async pair => {
      pair.write('primary', 'samba/smb.conf', SMB);
      pair.write('primary', 'exports', EXPORTS);
      pair.write('primary', 'a name with blanks.conf', 'host = nas1\r\nother = x\r\n');
      pair.write('primary', 'no newline.conf', 'host = nas1\nother = 10.0.0.1');
      pair.write('primary', 'gone.conf', 'host = nas1\n');
      pair.write('primary', 'gone blanks.conf', 'host = nas1');
      await sameAsUpdate(pair, 'baseline');
      pair.write('primary', 'samba/smb.conf', changed(SMB, 'workers = 4', 'workers = 8'));
      pair.write('primary', 'exports', EXPORTS.trimEnd());
      pair.write('primary', 'a name with blanks.conf', 'host = nas1\r\nother = 10.0.0.1\r\nlast = y');
      pair.write('primary', 'no newline.conf', 'host = nas1\nother = 10.0.0.1\n');
      pair.write('primary', 'deep/er/new file.conf', 'host = nas1');
      unlinkSync(pair.path('primary', 'gone.conf'));
      unlinkSync(pair.path('primary', 'gone blanks.conf'));
      const stdout = await sameAsUpdate(pair, 'all at once');
      expect(stdout.match(/^\+\+\+ \/dev\/null$/gm)).toHaveLength(2);
      expect(stdout.match(/^--- \/dev\/null$/gm)).toHaveLength(1);
      expect(Object.keys(bytesOf(join(pair.folder, 'backup'))).sort()).toEqual([
        'a name with blanks.conf',
        'deep/er/new file.conf',
        'exports',
        'no newline.conf',
        'samba/smb.conf',
      ]);
    });
  });

  test('a line that begins like a diff, one with a carriage return inside, an empty file', async () => {
    await withPair({ include: ['**'], identity: NAMES, guard: 'off' }, async pair => {
      pair.write('primary', 'odd.conf', '# odd\n-- nas1\n++ nas1\n@@ -1 +1 @@ nas1\n');
      pair.write('primary', 'lines', 'first nas1\n--- a/lines\n+++ b/lines\nlast\n');
      await sameAsUpdate(pair, 'baseline');
      pair.write(
        'primary',
        'odd.conf',
        '# odd\n++ nas1\n-- nas1\n@@ -1 +1 @@\n\\ No newline at end of file\n',
      );
      pair.write('primary', 'lines', 'first nas1\n+++ b/lines\n--- a/lines\nsecond\rnas1\nlast\n');
      await sameAsUpdate(pair, 'changed');
    });
  });

  test('a held file stands in it as a remark only', async () => {
    await withPair({ include: ['**'], identity: NAMES, unmapped: { mac: 'hold' } }, async pair => {
      pair.write('primary', 'samba/smb.conf', SMB);
      pair.write('primary', 'exports', EXPORTS);
      pair.write('primary', 'targets.json', TARGETS);
      await sameAsUpdate(pair, 'baseline');
      pair.write(
        'primary',
        'exports',
        changed(EXPORTS, 'nas1(ro)', 'nas1(ro) Nas1.local(rw) 52:54:00:12:34:56(rw)'),
      );
      pair.write('primary', 'held new.conf', 'address = 52:54:00:12:34:57\n');
      pair.write('primary', 'samba/smb.conf', changed(SMB, 'workers = 4', 'workers = 8'));
      unlinkSync(pair.path('primary', 'targets.json'));
      const stdout = await sameAsUpdate(pair, 'with held ones', 4);
      expect(stdout).toMatch(/^# exports: changes \(held, [0-9a-f]{12}\)$/m);
      expect(stdout).toMatch(/^# held new\.conf: is created \(held, [0-9a-f]{12}\)$/m);
      expect(stdout).toMatch(/^# targets\.json: is deleted \(held, [0-9a-f]{12}\)$/m);
      expect(stdout).toContain('# +/srv/media nas2(ro) Nas1.local(rw) 52:54:00:12:34:56(rw)\n');
      expect(pair.read('backup', 'exports')).toBe(EXPORTS.replaceAll('nas1', 'nas2'));
      expect(pair.read('backup', 'samba/smb.conf')).toContain('workers = 8');
    });
  });

  test('a masked diff says how to print one that can be applied', async () => {
    await withPair({ include: ['**'], identity: NAMES }, async pair => {
      pair.write('primary', 'a.conf', '[global]\npassword = hunter2hunter2\nhost = nas1\n');
      const { stdout } = await pair.warmspare('diff');
      expect(stdout).not.toContain('hunter2hunter2');
      expect(stdout).toContain('print it with --show-secrets');
      expect((await pair.warmspare('diff', '--show-secrets')).stdout).toContain(
        '+password = hunter2hunter2\n',
      );
    });
  });
});
