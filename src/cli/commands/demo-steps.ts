/** One step of the demo: what somebody edits, and whether the change is held. */
export interface DemoStep {
  readonly title: string;
  readonly edits: readonly {
    readonly side: 'nas1' | 'nas2';
    readonly file: string;
    readonly change: (text: string) => string;
  }[];
  /** No diff is shown. */
  readonly quiet?: boolean;
  readonly held?: boolean;
}

const on = (side: 'nas1' | 'nas2', file: string, change: (text: string) => string) => ({
  side,
  file,
  change,
});
const replace = (from: string, to: string) => (text: string) => text.replace(from, to);

/** The administrator's day. Each edit is one that real tools and people make. */
export const DEMO_STEPS: readonly DemoStep[] = [
  { title: 'a baseline: six files for an empty backup', edits: [], quiet: true },
  {
    title: 'a new share in smb.conf, with the server’s name in a comment',
    edits: [
      on(
        'nas1',
        'samba/smb.conf',
        text =>
          `${text}\n# \\\\NAS1\\photos, also on https://nas1.example.com/photos\n[photos]\n   path = /srv/photos\n   hosts allow = 10.0.0.0/24\n`,
      ),
    ],
  },
  {
    title: 'a second target in the LIO configuration: one operation, the IQN by its prefix rule',
    edits: [
      on(
        'nas1',
        'target/saveconfig.json',
        replace(
          '      "wwn": "iqn.2003-01.org.linux-iscsi.nas1:vm-images"\n    }',
          '      "wwn": "iqn.2003-01.org.linux-iscsi.nas1:vm-images"\n    },\n    {\n      "fabric": "iscsi",\n      "tpgs": [],\n      "wwn": "iqn.2003-01.org.linux-iscsi.nas1:scratch"\n    }',
        ),
      ),
    ],
  },
  {
    title: 'a line of exports moves, another is deleted',
    edits: [
      on('nas1', 'exports', text => {
        const lines = text.split('\n');
        const [header, projects, media, player, mirror] = lines;
        return [header, mirror, projects, media, player, ''].join('\n').replace(/\/srv\/media.*\\\n.*\n/, '');
      }),
    ],
  },
  {
    title: 'nas2’s administrator tunes its own smb.conf; then nas1 renames a share: both stay',
    edits: [
      on(
        'nas2',
        'samba/smb.conf',
        replace('[projects]', '   # nas2 has the slower disks\n   aio read size = 1\n\n[projects]'),
      ),
      on('nas1', 'samba/smb.conf', replace('[scans]', '[scanner]')),
    ],
  },
  {
    title: 'a comment only, in the tgt configuration',
    edits: [
      on(
        'nas1',
        'tgt/conf.d/backup.conf',
        replace('# tape library of nas1', '# tape library of nas1, moved to rack 4'),
      ),
    ],
  },
  {
    title: 'an address in a spelling that is not followed: held, the backup keeps what it has',
    edits: [on('nas1', 'garage.toml', replace('"[fd00:10::1]:3900"', '"[fd00:10:0::1]:3900"'))],
    held: true,
  },
  {
    title: 'mended on nas1: it goes through by itself',
    edits: [on('nas1', 'garage.toml', replace('"[fd00:10:0::1]:3900"', '"[fd00:10::1]:3910"'))],
  },
];
