import { CALM, type Deed, type Setup, type Story } from './story.ts';

const rename = (path: string, content: 'good' | 'broken' | 'guarded' | 'residue' = 'good'): Deed => ({
  do: 'save',
  path,
  content,
  manner: 'rename',
  pause: 0,
});

/** In these nothing takes long, so that the tenths of a second in their transcripts stay the same. */
const QUICK: Setup = { ...CALM, slowness: 0.01 };

/** Stories told on purpose, each with its transcript in fixtures/scenarios. */
export const SCENARIOS: Readonly<Record<string, Story>> = {
  'a slow editor': {
    seed: 1,
    setup: QUICK,
    deeds: [
      [rename('samba/smb.conf'), 1_000],
      [{ do: 'save', path: 'samba/smb.conf', content: 'good', manner: 'in place', pause: 900 }, 10_000],
    ],
  },
  'a deletion is asked about': {
    seed: 2,
    setup: QUICK,
    deeds: [
      [rename('exports'), 1_000],
      [rename('target.json'), 1_000],
      [{ do: 'remove', path: 'exports' }, 20_000],
      [rename('target.json'), 1_000],
      [{ do: 'approve' }, 5_000],
    ],
  },
  'a mass deletion is held, and heals': {
    seed: 3,
    setup: QUICK,
    deeds: [
      [rename('exports'), 1_000],
      [rename('exports', 'guarded'), 3_000],
      [rename('exports'), 5_000],
    ],
  },
  'residue is held until the primary is mended': {
    seed: 4,
    setup: QUICK,
    deeds: [
      [rename('target.json'), 1_000],
      [rename('target.json', 'residue'), 3_000],
      [rename('target.json'), 5_000],
    ],
  },
  'the power goes in the middle of a change': {
    seed: 5,
    setup: QUICK,
    deeds: [
      [rename('samba/smb.conf'), 1_000],
      [{ do: 'kill', calls: 14, isPower: true, away: 2_000, isOther: false }, 0],
      [rename('samba/smb.conf'), 10_000],
    ],
  },
  'a process dies between two files of a change': {
    seed: 10,
    setup: QUICK,
    deeds: [
      [rename('exports'), 0],
      [rename('target.json'), 1_000],
      [rename('samba/smb.conf'), 0],
      [rename('exports'), 0],
      [rename('target.json'), 0],
      [{ do: 'kill', calls: 60, isPower: false, away: 2_000, isOther: false }, 10_000],
    ],
  },
  'the power goes between two files of a change': {
    seed: 11,
    setup: QUICK,
    deeds: [
      [rename('exports'), 0],
      [rename('target.json'), 1_000],
      [rename('samba/smb.conf'), 0],
      [rename('exports'), 0],
      [rename('target.json'), 0],
      [{ do: 'kill', calls: 60, isPower: true, away: 2_000, isOther: true }, 10_000],
    ],
  },
  'a process that was taken for dead goes on': {
    seed: 12,
    setup: { ...QUICK, isDeadSure: false },
    deeds: [
      [rename('exports'), 1_000],
      [rename('exports'), 0],
      [{ do: 'kill', calls: 13, isPower: false, away: 2_000, isOther: false }, 4_000],
      [rename('exports'), 20_000],
    ],
  },
  'an edit on the backup stays': {
    seed: 6,
    setup: QUICK,
    deeds: [
      [rename('samba/smb.conf'), 1_000],
      [{ do: 'edit', path: 'samba/smb.conf' }, 1_000],
      [rename('samba/smb.conf'), 5_000],
    ],
  },
  'the backup is unmounted': {
    seed: 7,
    setup: QUICK,
    deeds: [
      [rename('exports'), 1_000],
      [{ do: 'backup away', isUnmounted: true, for: 15_000 }, 1_000],
      [rename('exports'), 20_000],
    ],
  },
  'the primary goes as a whole': {
    seed: 8,
    setup: QUICK,
    deeds: [
      [rename('exports'), 1_000],
      [rename('target.json'), 1_000],
      [{ do: 'primary away', isEmpty: false, for: 15_000 }, 100],
      [rename('exports'), 20_000],
    ],
  },
  'a change is taken back': {
    seed: 9,
    setup: QUICK,
    deeds: [
      [rename('exports'), 1_000],
      [rename('exports'), 1_000],
      [{ do: 'undo' }, 5_000],
      [rename('exports'), 5_000],
    ],
  },
};
