import type { Check } from './checker.ts';
import type { Sighting } from './history.ts';
import {
  atBackup,
  backupHash,
  FILES,
  ledgerOf,
  MADE_UP,
  type MadeUp,
  type MadeUpTask,
  MEMBERS,
  type WrongDeed,
} from './made-up.ts';
import type { Of } from './story.ts';

export interface Wrong {
  readonly name: string;
  readonly check: Check;
  readonly deed: WrongDeed;
}

type Ledger = NonNullable<Sighting['ledger']>;

const [FILE] = FILES as [string];
const EYES = { proc: 'eyes', type: 'ok' } as const;
const NO_VERSION = 'e'.repeat(64);

/** What the log says last of a task, once more and otherwise. */
function logAgain(round: MadeUp, { name }: MadeUpTask, change: Partial<Of<'log'>>): void {
  const last = round.entries.findLast(one => one.op === 'log' && one.task === name) as Of<'log'>;
  const { t: _, ...message } = { ...last, ...change };
  round.add(message);
}

/** As another message than all others. */
const another = (round: MadeUp) => ({ seq: ++round.messages, id: `capturer-x${round.messages}` });

/** The backup's ledger otherwise than it is, for one look. */
function sightOtherwise(
  round: MadeUp,
  task: MadeUpTask,
  change: Partial<Ledger>,
  epochs = [task.epoch],
): void {
  const ledger = { ...ledgerOf(task), ...change };
  round.add({ ...EYES, op: 'sight', task: task.name, epochs: epochs.map(atBackup), ledger });
}

/** The next change, which says that somebody else made it. */
function changeBy(round: MadeUp, task: MadeUpTask, by: string): void {
  round.save(task, FILE);
  round.apply(task, [FILE], by);
}

const otherThan = ({ owner }: MadeUpTask) => MEMBERS[(owner + 1) % MEMBERS.length]!;

function row(round: MadeUp, { name, epoch, owner }: MadeUpTask, change: Partial<Of<'own'>>): void {
  const of = { member: MEMBERS[owner]!, incarnation: 'another process' };
  round.add({
    proc: 'reader',
    type: 'ok',
    op: 'own',
    task: name,
    revision: ++round.rows,
    epoch,
    owner: of,
    ...change,
  });
}

/** Each of them is one wrong thing in a round that is good but for it. */
export const WRONG: readonly Wrong[] = [
  {
    name: 'an acknowledged message is not in the log',
    check: 'C1',
    deed: (round, { name }) =>
      round.add({ proc: 'nas1', type: 'ok', op: 'publish', task: name, ...another(round) }),
  },
  {
    name: 'a message is in the log twice',
    check: 'C1',
    deed: (round, task) => logAgain(round, task, { seq: ++round.messages }),
  },
  {
    name: 'the log tells a version that nobody saved',
    check: 'C1',
    deed: (round, task) => logAgain(round, task, { ...another(round), files: { [FILE]: NO_VERSION } }),
  },
  {
    name: 'two messages of the log have changed places',
    check: 'C2',
    deed: (round, task) => {
      const told = round.entries.filter(
        one => one.op === 'log' && one.task === task.name && FILE in one.files,
      ) as Of<'log'>[];
      logAgain(round, task, { ...another(round), files: told.at(-2)!.files });
    },
  },
  {
    name: 'one epoch has two owners',
    check: 'C3',
    deed: (round, task) => row(round, task, {}),
  },
  {
    name: 'the epoch falls',
    check: 'C3',
    deed: (round, task) => {
      round.take(task);
      row(round, task, { epoch: task.epoch - 1, owner: null });
    },
  },
  {
    name: 'two members write in one epoch',
    check: 'C3',
    deed: (round, task) => changeBy(round, task, otherThan(task)),
  },
  {
    name: 'changes go back',
    check: 'C4',
    deed: (round, task) => {
      const changes = task.changes.slice(0, -1);
      sightOtherwise(round, task, { seq: changes.at(-1)!.seq, changes });
    },
  },
  {
    name: 'a change becomes another one',
    check: 'C4',
    deed: (round, task) => {
      const changes = task.changes.map(change => ({ ...change, files: { ...change.files, other: null } }));
      sightOtherwise(round, task, { changes });
    },
  },
  {
    name: 'a version takes effect twice',
    check: 'C4',
    deed: (round, task) => {
      const [earlier, last] = task.changes.slice(-2) as [(typeof task.changes)[0], (typeof task.changes)[0]];
      task.changes = [...task.changes, { ...last, seq: task.seq + 1, files: earlier.files }];
      task.seq += 1;
      round.sight(task);
    },
  },
  {
    name: 'the ledger of a lower epoch comes after that of a higher one',
    check: 'C5',
    deed: (round, task) => {
      round.take(task);
      sightOtherwise(round, task, { epoch: atBackup(task.epoch - 1) });
    },
  },
  {
    name: 'a member has a backup that is another one’s in the table',
    check: 'C3',
    deed: (round, task) =>
      sightOtherwise(round, task, { tenure: { epoch: task.epoch, owner: otherThan(task) } }),
  },
  {
    name: 'a member takes a backup by an epoch that is over',
    check: 'C5',
    deed: (round, task) => {
      const tenure = { epoch: task.epoch, owner: MEMBERS[task.owner]! };
      round.take(task);
      sightOtherwise(round, task, { tenure, epoch: atBackup(task.epoch + 1) }, [task.epoch + 1]);
    },
  },
  {
    name: 'an owner writes after its folder was taken',
    check: 'C5',
    deed: (round, task) => {
      sightOtherwise(round, task, {}, [task.epoch + 1]);
      round.save(task, FILE);
      const epoch = task.epoch;
      round.apply(task, [FILE]);
      task.epoch = epoch;
    },
  },
  {
    name: 'a member writes in an epoch that is not its own',
    check: 'C5',
    deed: (round, task) => {
      round.take(task);
      const by = otherThan(task);
      changeBy(round, task, by);
      // Nobody else writes in this epoch.
      round.take(task);
    },
  },
  {
    name: 'an older version comes after an acknowledged one',
    check: 'C6',
    deed: (round, task) => {
      round.see(task, FILE, task.applied.get(FILE)! - 1);
      round.see(task, FILE, task.applied.get(FILE)!);
    },
  },
  {
    name: 'an effect is taken back too far',
    check: 'C6',
    deed: (round, task) => {
      round.save(task, FILE);
      round.see(task, FILE, task.saved.get(FILE)!);
      round.see(task, FILE, task.applied.get(FILE)! - 1);
    },
  },
  {
    name: 'a version is torn',
    check: 'C7',
    deed: (round, { name: task }) => round.add({ ...EYES, op: 'see', task, file: FILE, hash: NO_VERSION }),
  },
  {
    name: 'a version is another task’s',
    check: 'C7',
    deed: (round, { name: task }) =>
      round.add({ ...EYES, op: 'see', task, file: FILE, hash: backupHash(`not ${task}`, FILE, 1) }),
  },
  {
    name: 'a file is gone',
    check: 'C7',
    deed: (round, { name: task }) => round.add({ ...EYES, op: 'see', task, file: FILE, hash: null }),
  },
  {
    name: 'a file comes from nowhere',
    check: 'C7',
    deed: (round, { name: task }) => round.add({ ...EYES, op: 'see', task, file: 'other', hash: NO_VERSION }),
  },
  {
    name: 'a backup is not in step',
    check: 'C8',
    deed: (round, { name: task }) => {
      const one = { proc: 'test', type: 'ok', op: 'end', task, file: FILE } as const;
      round.add({ ...one, expected: backupHash(task, FILE, 2), found: backupHash(task, FILE, 1) });
    },
  },
  {
    name: 'the log tells what replication has written',
    check: 'C9',
    deed: (round, task) => {
      const files = { [FILE]: backupHash(task.name, FILE, task.applied.get(FILE)!) };
      logAgain(round, task, { ...another(round), files });
    },
  },
  {
    name: 'a version waits too long',
    check: 'C10',
    deed: (round, task) => {
      round.save(task, FILE);
      round.add(
        { proc: 'test', type: 'info', op: 'fault', fault: 'a pause', whom: 'nobody' },
        MADE_UP.gap + 1,
      );
      round.apply(task);
    },
  },
];

/** The last of all is wrong. */
export const WRONG_ENDS: readonly Wrong[] = [
  {
    name: 'the last version never comes',
    check: 'C6',
    deed: (round, task) => {
      const revision = task.saved.get(FILE)! + 1;
      round.save(task, FILE);
      task.applied.set(FILE, revision);
    },
  },
  {
    name: 'a backup is in step too late',
    check: 'C8',
    deed: (round, task) => {
      round.outage(0);
      round.add({ proc: 'nobody', type: 'fail', op: 'apply', task: task.name }, MADE_UP.converge + 1);
      round.see(task, FILE, task.saved.get(FILE)!);
    },
  },
];
