import type { Tenure } from '../../../src/core/fence/tenure.ts';

/** Each way of getting it wrong, which the test must see fail. */
export type Variant =
  | 'right'
  /** The ledger is read before the epoch's directory is made, and not again. */
  | 'ledger read before the mkdir'
  /** A deletion needs no source in the owner's directory. */
  | 'deletes as unlink'
  /** Whoever finds its directory gone makes it again, and goes on. */
  | 'a retried mkdir -p'
  /** The staging directory is held open: it is reached wherever it was moved to. */
  | 'a descriptor held on the staging directory'
  /**
   * The owner's directory is epoch-<n> itself, made empty by mkdir. Once it was taken its name is free, and
   * whoever asked long ago makes it again, sees that it is outbid, and gives up: but between those two
   * calls the one who was taken over finds a directory under the name of its own.
   */
  | 'a name that comes again';

/** The same of tenures. */
export type TenureVariant =
  /** Only the ledger is asked, which an owner writes with its first change. */
  | 'directories not looked at'
  /** They are looked at when the epoch is asked for, and not again when it is taken. */
  | 'directories looked at before the mkdir'
  /** Meanwhile somebody higher takes one that was not looked at yet, and dies. */
  | 'a higher epoch looked for before all directories were looked at'
  /** The ledger says nothing of it. */
  | 'not in the ledger'
  /** Who has no tenure, a person, has nothing to say of others'. */
  | 'not carried over'
  /** Who has no tenure carries over what the ledger says, and not what the directories do. */
  | 'carried over from the ledger alone'
  /** Of what is known only the epoch counts. */
  | 'editions not looked at';

export const BROKEN_VARIANTS: readonly Exclude<Variant, 'right'>[] = [
  'ledger read before the mkdir',
  'deletes as unlink',
  'a retried mkdir -p',
  'a descriptor held on the staging directory',
  'a name that comes again',
];

export interface Ledger {
  readonly epoch: number;
  readonly sequence: number;
  readonly direction: 'forward';
  readonly broken: boolean;
  /** What it says that stands at the file. */
  readonly content: string;
  readonly task?: Tenure | undefined;
}

export interface Intent {
  readonly epoch: number;
  readonly sequence: number;
  readonly old: string;
  readonly next: string;
  /** The other file, which is to be deleted. */
  readonly gone: string;
}

/** A directory epoch-<n>, at its name or moved into another one. */
export interface Home {
  readonly epoch: number;
  /** Its token: what is below it is reached by that as well. */
  readonly owner: string;
  /** What its name tells. */
  readonly task: Tenure | undefined;
  at: 'its name' | number;
  intent: Intent | undefined;
  /** Whether the staged file, and the next ledger, are still in it. */
  isStaged: boolean;
  hasNext: boolean;
}

export type Step =
  | 'ask'
  | 'make'
  | 'list'
  | 'look'
  | 'read'
  | 'list lower'
  | 'take'
  | 'read again'
  | 'settle'
  | 'settle put'
  | 'settle delete'
  | 'settle ledger'
  | 'sweep'
  | 'stage'
  | 'put'
  | 'delete'
  | 'acknowledge'
  | 'out';

export interface Taker {
  readonly name: string;
  /** A transaction; or the ledger alone, and with it the end of the relationship. */
  readonly does: 'replicate' | 'note' | 'break';
  /** Absent: a person, or a daemon in no cluster. */
  readonly task?: Tenure;
  step: Step;
  epoch: number;
  ledger: Ledger;
  lower: number[];
  settling: Intent | undefined;
  /** Directories that it still has to look at. */
  looks: number[];
  /** The highest tenure that the directories told of. */
  known: Tenure | undefined;
  /** What its own directory's name tells. */
  carries: Tenure | undefined;
  /** How often it begins anew, where somebody else was quicker or took it. */
  again: number;
}

export interface World {
  file: string;
  others: string[];
  ledger: Ledger;
  homes: Home[];
  takers: Taker[];
  /** The highest epoch that has had an effect. */
  effective: number;
  /** The highest tenure that was let in. */
  accepted: Tenure | undefined;
  /** The backup may yet be copied, or restored, without the directories of those who had it and have ended. */
  mayBeCopied: boolean;
  /** What went wrong, where something did. */
  wrong: string | undefined;
}

const LEDGER: Ledger = { epoch: 0, sequence: 0, direction: 'forward', broken: false, content: 'first' };

/** Two who replicate and one who breaks, in no cluster. */
export function begin(): World {
  return worldOf([taker('A'), taker('B'), taker('C', { does: 'break' })]);
}

type More = Partial<Pick<Taker, 'does' | 'task' | 'again' | 'step' | 'epoch'>>;

function taker(name: string, more: More = {}): Taker {
  return {
    name,
    does: 'replicate',
    step: 'ask',
    epoch: 0,
    ledger: LEDGER,
    lower: [],
    settling: undefined,
    looks: [],
    known: undefined,
    carries: undefined,
    again: 0,
    ...more,
  };
}

/** What a taker knew is nothing any more. */
export function atEnd({ name, does }: Taker): Taker {
  return taker(name, { does, step: 'out' });
}

function worldOf(takers: Taker[], mayBeCopied = false): World {
  return {
    file: 'first',
    others: takers.filter(({ does }) => does === 'replicate').map(({ name }) => `other of ${name}`),
    ledger: LEDGER,
    homes: [],
    takers,
    effective: 0,
    accepted: undefined,
    mayBeCopied,
    wrong: undefined,
  };
}

/** Of a cluster's takers most write the ledger alone: whole transactions make a hundred times as many worlds. */
function member(name: string, epoch: number, more: More & { edition?: number } = {}) {
  const { edition = 1, ...rest } = more;
  return taker(name, { does: 'note', task: { epoch, edition, owner: name }, ...rest });
}

const alone = (does: Taker['does'] = 'note') => taker('C', { does });

/** Worlds of a cluster: A is the one that was stopped, and wakes when others have the task. */
const STALE = 'a stale owner, the next one, and a process in no cluster';
const AHEAD = 'a stale owner that asks for a far higher epoch of the backup';
const EDITIONS = 'a member with an older edition that is given the task';
const COPIED = 'a backup that is copied without the directories of owners';

export const CLUSTERS: Readonly<Record<string, () => World>> = {
  [STALE]: () => worldOf([member('A', 1), member('B', 2), alone()]),
  'three owners, one after the other': () => worldOf([member('A', 1), member('B', 2), member('C', 3)]),
  'two owners that come again where somebody else was quicker': () =>
    worldOf([member('A', 1, { again: 1 }), member('B', 2, { again: 1 })]),
  [AHEAD]: () => worldOf([member('A', 1, { epoch: 3 }), member('B', 2)]),
  'two owners in one epoch, which come again': () =>
    worldOf([member('A', 1, { again: 1 }), member('B', 1, { again: 1 })]),
  [EDITIONS]: () => worldOf([member('A', 2), member('B', 1, { edition: 2 }), member('C', 3, { edition: 2 })]),
  [COPIED]: () => worldOf([member('A', 1), member('B', 2)], true),
};

/** Those that take their time. */
export const LARGE: Readonly<Record<string, () => World>> = {
  'a stale owner, the next one, and a person who breaks': () =>
    worldOf([member('A', 1), member('B', 2, { does: 'replicate' }), alone('break')]),
  'a stale owner, the next one, and a process in no cluster, with whole transactions': () =>
    worldOf([
      member('A', 1, { does: 'replicate' }),
      member('B', 2, { does: 'replicate' }),
      alone('replicate'),
    ]),
  'two owners in one epoch, and a process in no cluster': () =>
    worldOf([member('A', 1), member('B', 1), alone()]),
  'an older edition, and a process in no cluster': () =>
    worldOf([member('A', 2), member('B', 1, { edition: 2 }), alone()]),
  'a backup that is copied, and a process in no cluster': () =>
    worldOf([member('A', 1), member('B', 2), alone()], true),
};

/** Each with the world that shows it. */
export const BROKEN_TENURES: Readonly<Record<TenureVariant, () => World>> = {
  'directories not looked at': CLUSTERS[STALE]!,
  'directories looked at before the mkdir': CLUSTERS[AHEAD]!,
  'a higher epoch looked for before all directories were looked at': CLUSTERS[STALE]!,
  'not in the ledger': CLUSTERS[COPIED]!,
  'not carried over': CLUSTERS[STALE]!,
  'carried over from the ledger alone': CLUSTERS[STALE]!,
  'editions not looked at': CLUSTERS[EDITIONS]!,
};
