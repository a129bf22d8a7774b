import { expect, test } from 'vitest';
import { withPair } from '../support/pair.ts';
import { NAMES } from './fixtures.ts';
import { tree } from './tree.ts';

/** The primary's file, the backup's own, and what both together must hold. */
interface Case {
  readonly file: string;
  readonly primary: string;
  readonly backup: string;
  /** Stretches of the backup that must stay. */
  readonly kept: readonly string[];
  /** What the backup lacked, in its own terms. */
  readonly added: readonly string[];
  /** What the primary says otherwise, and must not come. */
  readonly absent: readonly string[];
}

const CASES: readonly Case[] = [
  {
    file: 'smb.conf',
    primary: '[global]\n   server string = nas1\n   workers = 4\n\n[media]\n   path = /srv/media\n',
    backup:
      '# own title\n[global]\n   server string = nas2\n   # slow disks\n   workers = 2\n\n[scratch]\n   path = /srv/scratch\n',
    kept: ['# own title\n', '   # slow disks\n   workers = 2\n', '[scratch]\n   path = /srv/scratch\n'],
    added: ['[media]\n   path = /srv/media\n'],
    absent: ['workers = 4'],
  },
  {
    file: 'ganesha.conf',
    primary:
      'NFS {\n  Host = nas1;\n  Workers = 4;\n}\nEXPORT {\n  Export_Id = 1;\n  Path = /srv/media;\n}\n',
    backup: '# own title\nNFS {\n  Host = nas2;\n  # slow disks\n  Workers = 2;\n  Own = yes;\n}\n',
    kept: ['# own title\n', '  # slow disks\n  Workers = 2;\n', '  Own = yes;\n'],
    added: ['EXPORT {\n  Export_Id = 1;\n  Path = /srv/media;\n}\n'],
    absent: ['Workers = 4'],
  },
  {
    file: 'exports',
    primary: '/srv/media nas1(ro)\n/srv/projects *(rw)\n',
    backup: '# own title\n/srv/own *(rw)\n/srv/media nas2(ro)\n',
    kept: ['# own title\n', '/srv/own *(rw)\n'],
    added: ['/srv/projects *(rw)\n'],
    absent: [],
  },
  {
    file: 'target.json',
    primary: '{\n  "host": "nas1",\n  "workers": 4,\n  "media": {"path": "/srv/media"}\n}\n',
    backup: '{\n  "own": true,\n  "host": "nas2",\n  "workers": 2\n}\n',
    kept: ['"own": true', '"workers": 2'],
    added: ['"media": {"path": "/srv/media"}'],
    absent: ['"workers": 4'],
  },
  {
    file: 'rook.yaml',
    primary: 'host: nas1\nworkers: 4\nmedia:\n  path: /srv/media\n',
    backup: '# own title\nhost: nas2\n# slow disks\nworkers: 2 # two\nown:\n  path: /srv/own\n',
    kept: ['# own title\n', '# slow disks\nworkers: 2 # two\n', 'own:\n  path: /srv/own\n'],
    added: ['media:\n  path: /srv/media\n'],
    absent: ['workers: 4'],
  },
  {
    file: 'garage.toml',
    primary: 'host = "nas1"\nworkers = 4\n\n[media]\npath = "/srv/media"\n',
    backup: '# own title\nhost = "nas2"\n# slow disks\nworkers = 2 # two\n\n[own]\npath = "/srv/own"\n',
    kept: ['# own title\n', '# slow disks\nworkers = 2 # two\n', '[own]\npath = "/srv/own"\n'],
    added: ['[media]\npath = "/srv/media"\n'],
    absent: ['workers = 4'],
  },
];

test.each(CASES.map(each => [each.file, each] as const))(
  'keep-local: %s keeps its own and gets what it lacks',
  async (_, each) => {
    const { file, primary, backup, kept, added, absent } = each;
    await withPair({ include: ['**'], identity: NAMES }, async pair => {
      pair.write('primary', file, primary);
      pair.write('backup', file, backup);
      const before = tree(pair.path('backup', ''));
      const { exit, stderr } = await pair.warmspare('update', '--baseline', 'keep-local');
      expect([exit, stderr]).toEqual([0, '']);
      const text = pair.read('backup', file);
      for (const part of [...kept, ...added]) expect(text).toContain(part);
      for (const part of [...absent, 'nas1']) expect(text).not.toContain(part);
      const verify = await pair.warmspare('verify');
      expect([verify.exit, verify.stdout]).toEqual([0, expect.stringContaining(`${file}: local`)]);
      expect((await pair.warmspare('status')).exit).toBe(0);
      pair.write('primary', file, primary.replace('/srv/media', '/srv/film'));
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', file)).toBe(text.replace('/srv/media', '/srv/film'));
      expect((await pair.warmspare('verify')).exit).toBe(0);
      expect((await pair.warmspare('undo', '--baseline')).exit).toBe(0);
      expect(tree(pair.path('backup', ''))).toEqual(before);
    });
  },
);

test.each(CASES.map(each => [each.file, each] as const))(
  'keep-local: %s that lacks nothing is not written, and its own is local',
  async (_, { file, primary, backup, added }) => {
    await withPair({ include: ['**'], identity: NAMES }, async pair => {
      const less = added
        .reduce((text, part) => text.replace(part, ''), primary)
        .replace(/,\s*\n\s*\n\}/, '\n}');
      pair.write('primary', file, less);
      pair.write('backup', file, backup);
      const { exit, stderr } = await pair.warmspare('update', '--baseline', 'keep-local');
      expect([exit, stderr]).toEqual([0, '']);
      expect(pair.read('backup', file)).toBe(backup);
      const verify = await pair.warmspare('verify');
      expect([verify.exit, verify.stdout]).toEqual([0, expect.stringContaining(`${file}: local`)]);
      expect((await pair.warmspare('status')).exit).toBe(0);
    });
  },
);
