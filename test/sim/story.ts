import { Random } from './random.ts';
import { type Content, PATHS } from './texts.ts';

/** What is so from the beginning to the end of a story. */
export interface Setup {
  readonly isGuarded: boolean;
  /** How likely a hint never comes, or comes twice. */
  readonly lost: number;
  readonly doubled: number;
  /** Times are taken that often. */
  readonly slowness: number;
  /** Whether it can be told who has a file open for writing. */
  readonly isWriterSeen: boolean;
  /** Reads and writes may be shorter than what was asked for. */
  readonly isShort: boolean;
  /** The file system's clock has ticks of some milliseconds. */
  readonly isCoarse: boolean;
  /** A process that is killed is dead; else it is only stopped, and goes on while another one has its place. */
  readonly isDeadSure: boolean;
  /** Who saves by a rename saves three files at once, and what goes wrong does so while they are replicated. */
  readonly isTogether: boolean;
  /** Each process is given the task by a routing table, in a higher epoch than the one before. */
  readonly isCluster: boolean;
}

export const CALM: Setup = {
  isGuarded: true,
  lost: 0,
  doubled: 0,
  slowness: 1,
  isWriterSeen: true,
  isShort: false,
  isCoarse: false,
  isDeadSure: true,
  isTogether: false,
  isCluster: false,
};

/** How a tool saves: a new file renamed into place; truncated and written; removed and written anew. */
export type Manner = 'rename' | 'in place' | 'anew';

/** What happens to the world from outside. Times in milliseconds. */
export type Deed =
  | { do: 'save'; path: string; content: Content; manner: Manner; pause: number }
  | { do: 'remove'; path: string }
  | { do: 'edit'; path: string }
  | { do: 'kill'; calls: number; isPower: boolean; away: number; isOther: boolean }
  | { do: 'restart' }
  | { do: 'stop'; for: number }
  | { do: 'fault'; code: 'ENOSPC' | 'EIO' | 'EROFS'; for: number }
  | { do: 'primary away'; isEmpty: boolean; for: number }
  | { do: 'backup away'; isUnmounted: boolean; for: number }
  | { do: 'blind'; for: number }
  | { do: 'wall clock'; by: number }
  | { do: 'pause' | 'resume' | 'approve' | 'undo' | 'reject' };

export interface Story {
  readonly seed: number;
  readonly setup: Setup;
  /** Each with the time that passes after it, in milliseconds. */
  readonly deeds: readonly (readonly [Deed, number])[];
}

/** The story of a seed. */
export function storyOf(seed: number): Story {
  const random = new Random(seed);
  const isCoarse = random.chance(0.3);
  const setup: Setup = {
    isGuarded: random.chance(0.8),
    lost: isCoarse || random.chance(0.5) ? 0 : random.pick([0.1, 0.5, 1]),
    doubled: random.pick([0, 0.3]),
    slowness: random.pick([0.2, 1, 1, 10]),
    isWriterSeen: random.chance(0.7),
    isShort: random.chance(0.4),
    isCoarse,
    // Of a stream of its own, so that all else of a story stays what it was.
    isDeadSure: new Random(seed ^ 0xdead).chance(0.8),
    isTogether: new Random(seed ^ 0x70e7).chance(0.3),
    isCluster: new Random(seed ^ 0xc1a5).chance(0.5),
  };
  const first = PATHS.map(path => [save(random, path, setup, 'good'), 0] as const);
  const rest = Array.from({ length: random.int(3, 25) }, () => {
    const wait = random.weighed([
      [3, random.int(0, 30)],
      [4, random.int(30, 900)],
      [3, random.int(900, 12_000)],
    ]);
    return [deedOf(random, setup), wait] as const;
  });
  const deeds = [...first, [{ do: 'wall clock', by: 0 }, random.int(0, 4_000)] as const, ...rest];
  if (!setup.isTogether) return { seed, setup, deeds };
  const aims = new Random(seed ^ 0xa135);
  return { seed, setup, deeds: deeds.flatMap(one => together(one, setup, aims)) };
}

/** A save by a rename, and others in the same moment; what goes wrong does so while they are replicated. */
function together(
  [deed, wait]: readonly [Deed, number],
  { slowness }: Setup,
  aims: Random,
): (readonly [Deed, number])[] {
  if (deed.do === 'save' && deed.manner === 'rename') return three(deed, wait);
  if (deed.do !== 'kill' && deed.do !== 'fault') return [[deed, wait]];
  const first: Deed = { do: 'save', path: aims.pick(PATHS), content: 'good', manner: 'rename', pause: 0 };
  if (deed.do === 'kill') return [...three(first, 0), [{ ...deed, calls: aims.int(1, 80) }, wait]];
  return [...three(first, aims.int(0, 60) * slowness), [deed, wait]];
}

/** While the first is on its way, the other two are waiting, and then go together. */
function three(deed: Deed & { do: 'save' }, wait: number): (readonly [Deed, number])[] {
  const at = (PATHS as readonly string[]).indexOf(deed.path);
  const next = (by: number) => ({ ...deed, path: PATHS[(at + by) % PATHS.length]! });
  return [
    [deed, 0],
    [next(1), 0],
    [next(2), wait],
  ];
}

function save(random: Random, path: string, { isWriterSeen }: Setup, content?: Content): Deed {
  return {
    do: 'save',
    path,
    content:
      content ??
      random.weighed<Content>([
        [6, 'good'],
        [1, 'broken'],
        [1.5, 'guarded'],
        [1, 'residue'],
      ]),
    manner: random.weighed<Manner>([
      [5, 'rename'],
      [4, 'in place'],
      [2, 'anew'],
    ]),
    // What nobody can see being written may only pause for less than the quiet that is waited for.
    pause: random.pick([0, 2, 40, isWriterSeen ? 900 : 200]),
  };
}

function deedOf(random: Random, setup: Setup): Deed {
  const path = random.pick(PATHS);
  const away = random.pick([100, 3_000, 20_000]);
  return random.weighed<() => Deed>([
    [30, () => save(random, path, setup)],
    [4, () => ({ do: 'remove', path })],
    [8, () => ({ do: 'edit', path })],
    [10, () => kill(random)],
    [2, () => ({ do: 'restart' })],
    [3, () => ({ do: 'stop', for: away })],
    [4, () => ({ do: 'fault', code: random.pick(['ENOSPC', 'EIO', 'EROFS'] as const), for: away })],
    [2, () => ({ do: 'primary away', isEmpty: random.chance(0.5), for: away })],
    [4, () => ({ do: 'backup away', isUnmounted: random.chance(0.5), for: away })],
    [2, () => ({ do: 'blind', for: away })],
    [1, () => ({ do: 'wall clock', by: random.pick([-3_600_000, 3_600_000]) })],
    [2, () => ({ do: 'pause' })],
    [3, () => ({ do: 'resume' })],
    [4, () => ({ do: 'approve' })],
    [2, () => ({ do: 'undo' })],
    [1, () => ({ do: 'reject' })],
  ])();
}

function kill(random: Random): Deed {
  return {
    do: 'kill',
    calls: random.int(1, 40),
    isPower: random.chance(0.6),
    away: random.pick([0, 50, 5_000]),
    isOther: random.chance(0.2),
  };
}
