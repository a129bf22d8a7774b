import type { Way } from './demo-saves.ts';

/** One step of the demo: what somebody edits on nas1, how the file is saved, and what must come of it. */
export interface DemoStep {
  readonly title: string;
  readonly file: string;
  readonly way: Way;
  /** The versions that are saved, each made from what was there before the step; the last one stays. */
  readonly versions: readonly Edit[];
  /** The same edit for sed. */
  readonly script?: string;
  /** What nas2's own administrator edits first. */
  readonly local?: Edit;
  /** Whether the backup's file is what it should be; of a held change, what it should still be. */
  readonly isRight: (backup: string) => boolean;
  readonly held?: boolean;
}

type Edit = (text: string) => string;

const replace = (from: string, to: string) => (text: string) => text.replace(from, to);
const holds =
  (...parts: readonly string[]) =>
  (text: string) =>
    parts.every(part => text.includes(part));

/** The administrator's day. Each edit is one that real tools and people make. */
export const DEMO_STEPS: readonly DemoStep[] = [
  {
    title: 'a new share in smb.conf, with the server’s name in a comment',
    file: 'samba/smb.conf',
    way: 'vim',
    versions: [
      text =>
        `${text}\n# \\\\NAS1\\photos, also on https://nas1.example.com/photos\n[photos]\n   path = /srv/photos\n   hosts allow = 10.0.0.0/24\n`,
    ],
    isRight: holds('\n# \\\\NAS2\\photos, also on https://nas2.example.com/photos\n[photos]\n'),
  },
  {
    title: 'a second target in the LIO configuration: one operation, the IQN by its prefix rule',
    file: 'target/saveconfig.json',
    way: 'renamed over',
    versions: [
      replace(
        '      "wwn": "iqn.2003-01.org.linux-iscsi.nas1:vm-images"\n    }',
        '      "wwn": "iqn.2003-01.org.linux-iscsi.nas1:vm-images"\n    },\n    {\n      "fabric": "iscsi",\n      "tpgs": [],\n      "wwn": "iqn.2003-01.org.linux-iscsi.nas1:scratch"\n    }',
      ),
    ],
    isRight: holds('"iqn.2003-01.org.linux-iscsi.nas2:scratch"'),
  },
  {
    title: 'a line of exports moves, another is deleted',
    file: 'exports',
    way: 'in place',
    versions: [
      text => {
        const [header, projects, media, player, mirror] = text.split('\n');
        return [header, mirror, projects, media, player, ''].join('\n').replace(/\/srv\/media.*\\\n.*\n/, '');
      },
    ],
    isRight: text => /^# .*\n\/srv\/mirror.*\n\/srv\/projects.*\n$/.test(text),
  },
  {
    title: 'nas2’s administrator tunes its own smb.conf; then nas1 renames a share: both stay',
    file: 'samba/smb.conf',
    way: 'sed -i',
    local: replace('[projects]', '   # nas2 has the slower disks\n   aio read size = 1\n\n[projects]'),
    versions: [replace('[scans]', '[scanner]')],
    script: 's/^\\[scans]/[scanner]/',
    isRight: holds('# nas2 has the slower disks\n   aio read size = 1\n', '\n[scanner]\n'),
  },
  {
    title: 'a comment only, in the tgt configuration',
    file: 'tgt/conf.d/backup.conf',
    way: 'twice in 2 ms',
    versions: [
      replace('# tape library of nas1', '# tape library of nas1, moved to rack 3'),
      replace('# tape library of nas1', '# tape library of nas1, moved to rack 4'),
    ],
    isRight: holds('# tape library of nas2, moved to rack 4\n'),
  },
  {
    title: 'an address in a spelling that is not followed: held, the backup keeps what it has',
    file: 'garage.toml',
    way: 'renamed over',
    versions: [replace('"[fd00:10::1]:3900"', '"[fd00:10:0::1]:3900"')],
    isRight: holds('"[fd00:10::2]:3900"'),
    held: true,
  },
  {
    title: 'mended on nas1: it goes through by itself',
    file: 'garage.toml',
    way: 'renamed over',
    versions: [replace('"[fd00:10:0::1]:3900"', '"[fd00:10::1]:3910"')],
    isRight: holds('"[fd00:10::2]:3910"'),
  },
];
