import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEED } from '../../runs.ts';
import { Random } from '../../sim/random.ts';
import { BackupEyes } from './backup-eyes.ts';
import { type Bounds, type Finding, judge, type Verdict } from './checker.ts';
import { type Entry, History } from './history.ts';
import { Members, type MembersSetup } from './members.ts';
import { MAKERS } from './texts.ts';
import { Workload } from './workload.ts';

/** Until all is in step for the first time, and as a limit for hangs only, in milliseconds. */
const BEGIN_MS = 60_000;
/** So much of a history and of the logs is shown with what is wrong in it. */
const SHOWN = 40;

export interface RoundSetup extends Pick<MembersSetup, 'names' | 'cluster' | 'before'> {
  readonly tasks: number;
  /** What is drawn in it; the run's own when absent. */
  readonly seed?: number;
  /** The tasks that a member's configuration has; all when absent. */
  tasksOf?(member: string, tasks: readonly string[]): readonly string[];
  /** The members beside a task's ends. */
  nodesOf?(task: string): { readonly primary?: string; readonly backup?: string };
}

/**
 * One round with real members: relationships with an editor, observers of every backup, members that faults are
 * done to, and a history of all of it. Made by `withRound`, which ends whatever is left.
 */
export class Round {
  readonly folder = mkdtempSync(join(tmpdir(), 'warmspare-round-'));
  readonly history = new History();
  readonly random: Random;
  readonly workload: Workload;
  readonly members: Members;
  private readonly eyes: BackupEyes[];
  private readonly closers: (() => Promise<void>)[] = [];

  constructor(setup: RoundSetup) {
    this.random = new Random(setup.seed ?? SEED);
    const { history, folder, random } = this;
    this.workload = new Workload({ folder, tasks: setup.tasks, history, random });
    const { tasks } = this.workload;
    const files = MAKERS.map(([file]) => file);
    this.eyes = tasks.map(
      task => new BackupEyes(task, this.workload.root('backup', task), files, this.history),
    );
    this.members = new Members({
      ...setup,
      history,
      relationships: member =>
        Object.fromEntries(
          (setup.tasksOf?.(member, tasks) ?? tasks).map(task => [
            task,
            this.workload.relationship(task, setup.nodesOf?.(task)),
          ]),
        ),
    });
  }

  /** Starts all members, and waits until every backup is in step. */
  async begin(): Promise<void> {
    await this.members.start();
    await this.inStep(BEGIN_MS);
  }

  /** Resolves when every newest version was seen on its backup; fails after so many milliseconds. */
  async inStep(withinMs: number): Promise<void> {
    if (await this.history.until(() => this.workload.behind.length === 0, withinMs)) return;
    throw new Error(
      `not in step after ${withinMs} ms: ${this.workload.behind}\n${this.members.lines().slice(-SHOWN).join('\n')}`,
    );
  }

  /** A fault that is not done to a member's process. `whom`: a member, or whatever else it is done to. */
  fault(fault: string, whom: string): void {
    this.history.add({ proc: 'test', type: 'info', op: 'fault', fault, whom });
  }

  /** While this is worked nothing can be replicated, of these tasks or of all. */
  async outage<T>(name: string, work: () => Promise<T>, tasks?: readonly string[]): Promise<T> {
    const outage = { proc: 'test', op: 'outage', name, ...(tasks === undefined ? {} : { tasks }) } as const;
    this.history.add({ ...outage, type: 'invoke' });
    try {
      return await work();
    } finally {
      this.history.add({ ...outage, type: 'ok' });
    }
  }

  /** Ends an observer: when all is to be judged, or the round is over. */
  afterwards(close: () => Promise<void>): void {
    this.closers.unshift(close);
  }

  /** Ends the edits, waits until all is in step, and judges. */
  async verdict(bounds: Bounds): Promise<Verdict> {
    await this.workload.rest();
    await this.workload.end(bounds.converge);
    for (const close of this.closers.splice(0)) await close();
    return judge(this.history.entries, bounds);
  }

  /** The same, and fails with what is wrong, and how it came to that. */
  async sound(bounds: Bounds): Promise<Verdict['counts']> {
    const { findings, counts } = await this.verdict(bounds);
    if (findings.length > 0) throw new Error(this.report(findings));
    return counts;
  }

  private report(findings: readonly Finding[]): string {
    const [first] = findings;
    const lines = this.history.lines();
    const near = this.history.entries
      .flatMap((entry, at) => (entry.t <= first!.t && isAbout(entry, first!.task) ? lines[at]! : []))
      .slice(-SHOWN);
    return [
      ...[`history of ${first!.task} up to what was found first:`, ...near],
      ...['', 'logs of the members:', ...this.members.lines().slice(-SHOWN)],
      ...['', `${findings.length} findings (seed ${SEED}):`],
      ...findings
        .slice(0, SHOWN)
        .map(({ check, t, task, text }) => `${check} at ${t.toFixed(0)}, ${task}: ${text}`),
    ].join('\n');
  }

  async close(): Promise<void> {
    await this.workload.rest().catch(() => undefined);
    for (const close of this.closers) await close().catch(() => undefined);
    await this.members.end();
    for (const eye of this.eyes) eye.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const isAbout = (entry: Entry, task: string) =>
  entry.op === 'fault' || ('task' in entry && entry.task === task);

/** Plays a round and ends all that is left of it, whatever happens. */
export async function withRound(setup: RoundSetup, work: (round: Round) => Promise<void>): Promise<void> {
  const round = new Round(setup);
  try {
    await work(round);
  } finally {
    await round.close();
  }
}
