import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { withDaemon } from '../support/process.ts';

const RULES = {
  include: ['*.conf'],
  identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }],
  guard: 'off',
};

test('a daemon whose backup was taken over writes nothing to it any more, and says so', async () => {
  await withDaemon(RULES, async daemon => {
    const config = parse(readFileSync(join(daemon.folder, 'warmspare.yaml'), 'utf8'));
    writeFileSync(join(daemon.folder, 'second.yaml'), stringify({ ...config, state: './second' }));
    daemon.write('primary', 'smb.conf', 'host nas1\nnumber 1\n');
    await daemon.start();
    await daemon.until(() => daemon.said.some(text => / replicated in /.test(text)));
    daemon.write('primary', 'later.conf', 'host nas1\n');
    await daemon.signal('SIGSTOP');
    daemon.write('primary', 'smb.conf', 'host nas1\nnumber 2\n');
    expect(await daemon.warmspare('update', '-c', 'second.yaml')).toMatchObject({ exit: 0, stderr: '' });
    const before = daemon.read('backup', '.warmspare/pair/ledger.json');
    await daemon.signal('SIGCONT');
    daemon.write('primary', 'smb.conf', 'host nas1\nnumber 3\n');
    await daemon.until(() =>
      daemon.said.some(text => /another warmspare has taken the backup over/.test(text)),
    );
    expect(daemon.read('backup', 'smb.conf')).toBe('host nas2\nnumber 2\n');
    expect(daemon.read('backup', '.warmspare/pair/ledger.json')).toBe(before);
    const status = await daemon.warmspare('status');
    expect(status.stdout + status.stderr).toContain('another warmspare has taken the backup over');
    expect(await daemon.warmspare('update', '-c', 'second.yaml')).toMatchObject({ exit: 0 });
    expect(daemon.read('backup', 'smb.conf')).toBe('host nas2\nnumber 3\n');
    // Started anew it is the next owner, which is what a person asked for by that.
    await daemon.signal('SIGKILL');
    daemon.write('primary', 'smb.conf', 'host nas1\nnumber 4\n');
    await daemon.start();
    await daemon.until(() => daemon.text('backup', 'smb.conf') === 'host nas2\nnumber 4\n');
  });
});
