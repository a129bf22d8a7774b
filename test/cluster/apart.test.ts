import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withApart } from './apart.ts';

/** 600 KB. */
const large = (save: number) =>
  Array.from(
    { length: 6_000 },
    (_, i) => `/srv/${i} ${i % 100 === save ? 'nas1' : '*'}(rw) # ${'x'.repeat(80)}\n`,
  ).join('');

describe('a primary on another member', () => {
  it('is replicated byte for byte: created, changed, deleted, renamed, large files and bursts', async () => {
    await withApart(async apart => {
      apart.save('exports', '/srv 10.0.0.1(rw) nas1(ro)\n');
      apart.save('samba/smb.conf', '[global]\n  netbios name = nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      apart.save('exports', '/srv 10.0.0.1(rw)\n/home nas1(ro)\n');
      apart.write('new.json', '{"host": "nas1"}\n');
      await apart.same();
      apart.save('large.conf', large(1));
      await apart.same();
      apart.save('large.conf', large(2));
      await apart.same();
      for (let save = 0; save < 40; save++) {
        apart.save(`burst-${save % 7}.conf`, `host nas1 # ${save}\n`);
      }
      await apart.same();
      renameSync(apart.path('primary', 'samba/smb.conf'), apart.path('primary', 'samba/other.conf'));
      await apart.same();
      apart.remove('new.json');
      apart.remove('exports');
      await apart.same();
      expect(Object.keys(apart.files('backup'))).toContain('samba/other.conf');
    });
  });
});
