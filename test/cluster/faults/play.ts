import { expect } from 'vitest';
import type { Bounds } from './checker.ts';
import { type Faults, type Ground, withCluster } from './ground.ts';
import { type Handover, handovers } from './handovers.ts';
import type { Round, RoundSetup } from './round.ts';

export const NAMES = ['nas1', 'nas2', 'nas3'];

const PER_SECOND = 20;
/** So many saves are made before a fault, while it lasts, and after it. */
const EDITS = 20;
/** Limits for what is lost or hangs; how long it takes is printed, and held against nothing. */
const BOUNDS: Bounds = { gap: 60_000, converge: 60_000 };
const LIMIT_MS = 60_000;
/** More messages than this have to be acknowledged in a round, and not forgiven. */
const ACKNOWLEDGED = 10;

/** Something that goes wrong, and is mended. */
export interface Fault {
  readonly name: string;
  /** Whose tasks have to go elsewhere; absent: nobody's, and it is done to nobody. */
  readonly victim?: 'coordinator' | 'member';
  hit(round: Round, faults: Faults, victim: string): Promise<void>;
  mend(round: Round, faults: Faults, victim: string): Promise<void>;
  /** Everything is in step again. */
  over?(round: Round): void;
}

export interface Played {
  readonly name: string;
  /** What was handed over, and how long it took. */
  readonly moved: readonly Handover[];
  /** From when it was mended until everything was in step, in milliseconds. */
  readonly recovered: number;
}

/** Every other primary is beside one member alone, whose changes go to the owner through the engine. */
const nodesOf = (task: string) => {
  const number = Number(task.slice(1));
  return number % 2 === 0 ? {} : { primary: NAMES[number % NAMES.length]! };
};

/** Real members on that ground, edits running, and one fault after the other; then all is judged. */
export async function played(
  ground: Ground,
  setup: Pick<RoundSetup, 'tasks' | 'seed'>,
  faultsOf: (round: Round) => readonly Fault[],
): Promise<Played[]> {
  const all: Played[] = [];
  await withCluster(ground, { ...setup, names: NAMES, nodesOf }, async (round, faults) => {
    const stage = new Stage(round, faults, setup.tasks);
    await round.begin();
    round.workload.edit(PER_SECOND);
    for (const fault of faultsOf(round)) all.push(await stage.play(fault));
    const { acknowledged } = await round.sound(BOUNDS);
    // Or nothing of the log was judged.
    expect(acknowledged).toBeGreaterThan(ACKNOWLEDGED);
  });
  return all;
}

/** In an order that is drawn. */
export function shuffled(faults: readonly Fault[], round: Round): Fault[] {
  const order = faults.map(fault => ({ fault, at: round.random.next() }));
  return order.sort((a, b) => a.at - b.at).map(({ fault }) => fault);
}

/** A round, with who owns what in it; the history is read once. */
class Stage {
  private read = 0;
  private saves = 0;
  private first: string | null = null;
  private readonly owners = new Map<string, string | undefined>();

  constructor(
    private readonly round: Round,
    private readonly faults: Faults,
    private readonly tasks: number,
  ) {}

  async play(fault: Fault): Promise<Played> {
    const { round, faults } = this;
    await this.edits();
    // Who coordinates may just be another one, or have nothing yet.
    await this.until('somebody to hit', () => this.victimOf(fault) !== undefined);
    const victim = this.victimOf(fault)!;
    const before = round.history.entries.at(-1)!.t;
    await fault.hit(round, faults, victim);
    if (fault.victim !== undefined)
      await this.until(`tasks of ${victim} elsewhere`, () => this.isElsewhere(victim));
    await this.edits();
    await round.workload.rest();
    await fault.mend(round, faults, victim);
    const mended = performance.now();
    await round.inStep(BOUNDS.converge);
    const recovered = performance.now() - mended;
    fault.over?.(round);
    round.workload.edit(PER_SECOND);
    // What was acknowledged while an engine lost something is not held against it: what comes now is.
    for (let more = fault.over === undefined ? 1 : 4; more > 0; more--) await this.edits();
    const { entries } = round.history;
    const moved = () => handovers(entries).filter(({ t, from }) => t > before && from === victim);
    // Its next owner may wait, with nothing to do, before it takes a backup that is in step.
    const isTaken = () => moved().every(({ atBackup }) => atBackup !== undefined);
    if (!isTaken())
      await this.until(`backups of ${victim} taken`, () => entries.at(-1)!.op === 'sight' && isTaken());
    return { name: fault.name, moved: moved(), recovered };
  }

  private async until(what: string, is: () => boolean): Promise<void> {
    const isSo = await this.round.history.until(() => {
      this.look();
      return is();
    }, LIMIT_MS);
    if (!isSo)
      throw new Error(
        `${what}: not within ${LIMIT_MS} ms\n${this.round.members.lines().slice(-40).join('\n')}`,
      );
  }

  private look(): void {
    const { entries } = this.round.history;
    for (; this.read < entries.length; this.read++) {
      const one = entries[this.read]!;
      if (one.op === 'own') this.owners.set(one.task, one.owner?.member);
      else if (one.op === 'coordinate') this.first = one.member;
      else if (one.op === 'save' && one.type === 'ok') this.saves += 1;
    }
  }

  private async edits(): Promise<void> {
    this.look();
    const enough = this.saves + EDITS;
    await this.until('edits', () => this.saves >= enough);
  }

  /** Every task has an owner, and none of those is this member. */
  private isElsewhere(member: string): boolean {
    const owners = [...this.owners.values()];
    return owners.length === this.tasks && owners.every(owner => owner !== undefined && owner !== member);
  }

  private tasksOf(member: string): number {
    return [...this.owners.values()].filter(owner => owner === member).length;
  }

  /** The coordinator, or of the others the one with most tasks; undefined: it has none now. */
  private victimOf({ victim }: Fault): string | undefined {
    if (this.first === null) return undefined;
    if (victim === undefined) return 'nobody';
    const eligible = NAMES.filter(name => (name === this.first) === (victim === 'coordinator'));
    const [most] = eligible.sort((a, b) => this.tasksOf(b) - this.tasksOf(a));
    return most !== undefined && this.tasksOf(most) > 0 ? most : undefined;
  }
}

const quantile = (numbers: readonly number[], part: number) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];

const ms = (time: number | undefined) => `${time?.toFixed(0)} ms`;

/** Prints what it took, fault by fault; each must have been played as often, and every task have come elsewhere. */
export function tell(faults: readonly Fault[], all: readonly Played[], rounds: number): void {
  for (const { name, victim } of faults) {
    const own = all.filter(one => one.name === name);
    const moved = own.flatMap(one => one.moved);
    const taken = moved.flatMap(({ atBackup }) => atBackup ?? []);
    const recovered = own.map(one => one.recovered);
    const elsewhere =
      victim === undefined
        ? ''
        : ` ${moved.length} tasks handed over, elsewhere p50 ${ms(quantile(taken, 0.5))}, p99 ${ms(quantile(taken, 0.99))}, longest ${ms(quantile(taken, 1))};`;
    // From when its owner begins nothing any more until the next one has the backup: nobody works on it.
    const gaps = moved.flatMap(({ released, atBackup }) =>
      released === undefined || atBackup === undefined ? [] : Math.max(0, atBackup - released),
    );
    const idle =
      gaps.length === 0
        ? ''
        : ` of ${gaps.length} that were given up nobody had one for p50 ${ms(quantile(gaps, 0.5))}, longest ${ms(quantile(gaps, 1))};`;
    console.log(
      `${name}: ${own.length} rounds;${elsewhere}${idle} in step after it was mended p50 ${ms(quantile(recovered, 0.5))}, longest ${ms(quantile(recovered, 1))}`,
    );
    expect([name, own.length, taken.length]).toEqual([name, rounds, moved.length]);
    if (victim !== undefined) expect([name, moved.length >= rounds]).toEqual([name, true]);
  }
}
