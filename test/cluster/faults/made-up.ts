import type { Random } from '../../sim/random.ts';
import { type Change, type Entry, type Happening, hashOf, type Sighting } from './history.ts';

/** So many took each backup before there was a cluster: its own epochs are others than the table's. */
const BEFORE = 4;
/** The backup's own epoch while a task is in this one of the table. */
export const atBackup = (epoch: number) => epoch + BEFORE;

/** By such bounds made-up histories are good. */
export const MADE_UP = { gap: 3_000, converge: 3_000 };

const TASKS = ['t0', 't1'];
export const FILES = ['a.conf', 'b.conf'];
export const MEMBERS = ['nas1', 'nas2', 'nas3'];

const primaryHash = (task: string, file: string, revision: number) =>
  hashOf(`${task} ${file} ${revision} nas1`)!;
export const backupHash = (task: string, file: string, revision: number) =>
  hashOf(`${task} ${file} ${revision} nas2`)!;

/** What is true of a task in a made-up round. */
export interface MadeUpTask {
  readonly name: string;
  readonly saved: Map<string, number>;
  readonly logged: Map<string, number>;
  readonly applied: Map<string, number>;
  readonly files: Record<string, string>;
  changes: Change[];
  seq: number;
  epoch: number;
  owner: number;
  number: number;
}

/** Something that must not be, and that is done once in a round that is good but for that. */
export type WrongDeed = (round: MadeUp, task: MadeUpTask) => void;

/** A round that was never played, in which everything is as it must be; what happens is drawn. */
export class MadeUp {
  readonly entries: Entry[] = [];
  private t = 0;
  messages = 0;
  /** Of the routing table. */
  rows = 0;
  private readonly tasks: MadeUpTask[] = TASKS.map((name, at) => ({
    ...{ name, saved: new Map(), logged: new Map(), applied: new Map(), files: {} },
    ...{ changes: [], seq: 0, epoch: 0, owner: at, number: 0 },
  }));

  constructor(private readonly random: Random) {}

  play(wrong: WrongDeed = () => undefined, wrongAtEnd: WrongDeed = () => undefined): readonly Entry[] {
    const { random } = this;
    for (const task of this.tasks) {
      for (const file of FILES) this.see(task, file, 0);
      for (const file of FILES) this.save(task, file);
      this.take(task);
    }
    this.deeds();
    const task = random.pick(this.tasks);
    // Two changes of this epoch, and two versions of each file.
    for (let change = 0; change < 2; change++) {
      for (const file of FILES) this.save(task, file);
      this.apply(task);
    }
    wrong(this, task);
    this.deeds();
    for (const each of this.tasks) this.apply(each);
    wrongAtEnd(this, task);
    for (const each of this.tasks) this.end(each);
    return this.entries;
  }

  private deeds(): void {
    for (let deed = this.random.int(10, 40); deed > 0; deed--) this.deed(this.random.pick(this.tasks));
  }

  private end(task: MadeUpTask): void {
    for (const file of FILES) {
      const hash = backupHash(task.name, file, task.saved.get(file)!);
      this.add({ proc: 'test', type: 'ok', op: 'end', task: task.name, file, expected: hash, found: hash });
    }
  }

  private deed(task: MadeUpTask): void {
    const { random } = this;
    const deeds: readonly (readonly [number, () => void])[] = [
      [6, () => this.save(task, random.pick(FILES))],
      [4, () => this.log(task)],
      [6, () => this.apply(task, random.chance(0.5) ? FILES : [random.pick(FILES)])],
      [1, () => this.fail(task)],
      [1, () => this.outage()],
    ];
    random.weighed(deeds)();
    // Whatever waits does so for less than the bound, as deeds are few between two of them.
    if (this.pending(task) > 4) this.apply(task);
  }

  private pending({ saved, applied }: MadeUpTask): number {
    return FILES.reduce((sum, file) => sum + saved.get(file)! - (applied.get(file) ?? 0), 0);
  }

  /** Something happens, so many milliseconds after what was before. */
  add(happening: Happening, after = this.random.int(1, 5)): void {
    this.t += after;
    this.entries.push({ t: this.t, ...happening });
  }

  save({ name: task, saved }: MadeUpTask, file: string): void {
    const revision = (saved.get(file) ?? 0) + 1;
    const one = { proc: 'editor', op: 'save', task, file, revision } as const;
    const [hash, expected] = [primaryHash(task, file, revision), backupHash(task, file, revision)];
    this.add({ ...one, type: 'invoke', hash, expected });
    this.add({ ...one, type: 'ok' });
    saved.set(file, revision);
  }

  /** The state as it is now goes to the log, and is acknowledged. */
  log(task: MadeUpTask): void {
    const { name, saved, logged } = task;
    const changed = FILES.filter(file => logged.get(file) !== saved.get(file));
    if (changed.length === 0) return;
    for (const file of changed) logged.set(file, saved.get(file)!);
    const files = Object.fromEntries(changed.map(file => [file, primaryHash(name, file, saved.get(file)!)]));
    const [id, seq] = [`capturer-${++task.number}`, ++this.messages];
    this.add({ proc: 'reader', type: 'ok', op: 'log', task: name, log: 1, seq, id, files });
    this.add({ proc: 'nas1', type: 'ok', op: 'publish', task: name, id, seq });
  }

  /** Brings what is saved to the backup: files first, then the ledger. */
  apply(task: MadeUpTask, files: readonly string[] = FILES, by = MEMBERS[task.owner]!): void {
    this.log(task);
    const { name, saved, applied } = task;
    const behind = files.filter(file => applied.get(file) !== saved.get(file));
    if (behind.length === 0) return;
    for (const file of behind) this.see(task, file, saved.get(file)!);
    for (const file of behind) applied.set(file, saved.get(file)!);
    const put = Object.fromEntries(behind.map(file => [file, backupHash(name, file, saved.get(file)!)]));
    task.seq += 1;
    Object.assign(task.files, put);
    task.changes = [...task.changes, { seq: task.seq, by, files: put }].slice(-3);
    this.sight(task);
  }

  see({ name: task }: MadeUpTask, file: string, revision: number): void {
    const hash = revision === 0 ? null : backupHash(task, file, revision);
    this.add({ proc: 'eyes', type: 'ok', op: 'see', task, file, hash });
  }

  sight(task: MadeUpTask, epochs: readonly number[] = [task.epoch]): void {
    const ledger = task.seq === 0 ? null : ledgerOf(task);
    this.add({
      ...{ proc: 'eyes', type: 'ok', op: 'sight', task: task.name },
      ...{ epochs: epochs.map(atBackup), ledger },
    });
  }

  /** The next owner: in the table, then at the backup, where the one before may just have made its last change. */
  take(task: MadeUpTask): void {
    const before = { ...task };
    task.owner = (task.owner + 1) % MEMBERS.length;
    const member = MEMBERS[task.owner]!;
    task.epoch += 1;
    this.add({
      ...{ proc: 'reader', type: 'ok', op: 'own', task: task.name, revision: ++this.rows, epoch: task.epoch },
      owner: { member, incarnation: `${member}-1` },
    });
    if (before.epoch > 0) this.sight(before, [before.epoch, task.epoch]);
    // The folder of the one before is gone; its ledger is still there.
    this.sight(before, [task.epoch]);
    if (task.seq > 0) this.sight(task);
  }

  /** Its owner is killed, maybe in the middle of a change that is then taken back or ended by the next one. */
  private fail(task: MadeUpTask): void {
    const { random } = this;
    const file = random.pick(FILES);
    const [saved, applied] = [task.saved.get(file)!, task.applied.get(file) ?? 0];
    if (saved > applied) this.see(task, file, saved);
    this.add({ proc: 'test', type: 'info', op: 'fault', fault: 'kill', whom: MEMBERS[task.owner]! });
    if (saved > applied && random.chance(0.5)) this.see(task, file, applied);
    this.take(task);
    if (random.chance(0.3)) this.add({ proc: 'nas1', type: 'fail', op: 'apply', task: task.name });
    this.apply(task);
  }

  outage(lasts = 10_000): void {
    const name = `cut ${this.t}`;
    this.add({ proc: 'test', type: 'invoke', op: 'outage', name });
    this.add({ proc: 'test', type: 'ok', op: 'outage', name }, lasts);
  }
}

/** The backup's ledger, as whoever has the task now wrote it. */
export function ledgerOf({ epoch, owner, seq, changes, files }: MadeUpTask): NonNullable<Sighting['ledger']> {
  const tenure = { epoch, owner: MEMBERS[owner]! };
  return { epoch: atBackup(epoch), tenure, seq, changes, files: { ...files } };
}
