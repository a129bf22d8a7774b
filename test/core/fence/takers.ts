import { isOutbid, lowerThan, nextEpoch, refusalOf } from '../../../src/core/fence/epoch.ts';
import { isUnsettled, settle, standingOf } from '../../../src/core/fence/settle.ts';
import { highestOf, isForgotten, outranks, type Tenure } from '../../../src/core/fence/tenure.ts';
import {
  atEnd,
  begin,
  type Home,
  type Ledger,
  type Step,
  type Taker,
  type TenureVariant,
  type Variant,
  type World,
} from './world.ts';

/**
 * The protocol of the take-over as a state machine: three takers, one backup, and every order in which their
 * single calls to its file system can come. Those who replicate put the file and delete another one, as one
 * transaction; the one who breaks ends the relationship. That a taker dies is in it as well: of every state,
 * some way on never has it move again.
 */

/** Every world that one call of one taker makes of this one. */
export function nextWorlds(world: World, variant: AnyVariant): World[] {
  const moved = world.takers.flatMap((taker, at) => {
    if (taker.step === 'out') return [];
    const next = copyOf(world);
    const mover = next.takers[at]!;
    new Move(next, mover, variant).make();
    // What it knew when it ended, or had looked for before it was let in, makes no other world.
    if (mover.step === 'out') next.takers[at] = atEnd(mover);
    if (mover.step === 'settle') mover.known = undefined;
    return [next];
  });
  return isAtRest(world) ? [...moved, { ...world, homes: [], mayBeCopied: false }] : moved;
}

/** By hand: nothing else takes as long as this. */
function copyOf(world: World): World {
  return {
    ...world,
    others: [...world.others],
    homes: world.homes.map(home => ({ ...home })),
    takers: world.takers.map(taker => ({ ...taker, lower: [...taker.lower], looks: [...taker.looks] })),
  };
}

/** All that lies there is of owners that have ended, and nothing of theirs is left to do. */
function isAtRest({ mayBeCopied, homes, takers, ledger }: World): boolean {
  const ended = new Set(takers.filter(({ step }) => step === 'out').map(({ name }) => name));
  const isLeft = ({ intent }: Home) => intent !== undefined && isUnsettled(intent, ledger);
  return mayBeCopied && homes.every(home => ended.has(home.owner) && !isLeft(home));
}

type AnyVariant = Variant | TenureVariant;

class Move {
  constructor(
    private readonly world: World,
    private readonly taker: Taker,
    private readonly variant: AnyVariant,
  ) {}

  make(): void {
    const { world, taker } = this;
    const isEarly = this.variant === 'ledger read before the mkdir';
    const isHasty = this.variant === 'a higher epoch looked for before all directories were looked at';
    switch (taker.step) {
      case 'ask':
        // A broken variant keeps what it read first, also where it has to ask again.
        if (isEarly && taker.epoch === 0) taker.ledger = world.ledger;
        taker.epoch = nextEpoch(taker.epoch, isEarly ? taker.ledger.epoch : world.ledger.epoch, this.names());
        taker.carries = this.toCarry();
        return this.go('make');
      case 'make':
        if (this.names().includes(taker.epoch)) return this.go('ask');
        world.homes.push(this.emptyHome());
        return this.go('list');
      case 'list':
        taker.looks = this.toLookAt();
        if (isHasty && isOutbid(taker.epoch, this.names())) return this.giveUp('out');
        return this.go(taker.looks.length > 0 ? 'look' : 'read');
      case 'look':
        return this.look();
      case 'read':
        if (!this.mayAct()) return this.giveUp('out');
        // Its name is to tell what the directories do that it is going to take.
        return this.forgets() ? this.giveUp('ask') : this.go('list lower');
      case 'list lower':
        if (!isHasty && isOutbid(taker.epoch, this.names())) return this.giveUp('out');
        taker.lower = lowerThan(taker.epoch, this.names());
        return this.go(taker.lower.length > 0 ? 'take' : 'read again');
      case 'take':
        return this.take();
      case 'read again':
        if (!this.mayAct()) return this.end();
        taker.ledger = this.ledger();
        world.accepted = highestOf([world.accepted, taker.task]);
        return this.go('settle');
      case 'settle':
        return this.settle();
      case 'settle put':
      case 'settle delete':
      case 'settle ledger':
        return this.settling(taker.step);
      case 'sweep':
        return this.sweep();
      default:
        return this.commit(taker.step);
    }
  }

  private go(step: Step): void {
    this.taker.step = step;
  }

  /** Fenced, or refused: some come again, which is a new take-over. */
  private end(): void {
    const { taker } = this;
    if (taker.again > 0) taker.again--;
    else return this.go('out');
    taker.known = undefined;
    this.go('ask');
  }

  private names(): number[] {
    return this.world.homes.filter(home => home.at === 'its name').map(home => home.epoch);
  }

  private emptyHome(): Home {
    const { epoch, name: owner, carries: task } = this.taker;
    return { epoch, owner, task, at: 'its name', intent: undefined, isStaged: false, hasNext: false };
  }

  /** The taker's directory, as a call finds it; undefined: ENOENT. */
  private home(): Home | undefined {
    const { epoch, name } = this.taker;
    const isOwn = (home: Home) => home.owner === name || this.variant === 'a name that comes again';
    const own = this.world.homes.filter(home => home.epoch === epoch && isOwn(home));
    const named = own.find(home => home.at === 'its name');
    if (named !== undefined) return named;
    return this.variant === 'a descriptor held on the staging directory' ? own[0] : undefined;
  }

  private giveUp(then: 'out' | 'ask'): void {
    const { world, taker } = this;
    const isOwn = (home: Home) => home.epoch === taker.epoch && home.owner === taker.name;
    world.homes = world.homes.filter(home => !isOwn(home) || home.at !== 'its name');
    if (then === 'ask') this.go('ask');
    else this.end();
  }

  /** What its directory's name is to tell: its own tenure, or the highest that it knows of. */
  private toCarry(): Tenure | undefined {
    const { world, taker, variant } = this;
    if (variant === 'directories looked at before the mkdir') taker.known = this.told(this.names());
    if (taker.task !== undefined) return taker.task;
    return variant === 'not carried over' ? undefined : highestOf([world.ledger.task, taker.known]);
  }

  private toLookAt(): number[] {
    const { taker, variant } = this;
    if (/^directories/.test(variant)) return [];
    return this.names()
      .filter(epoch => epoch !== taker.epoch)
      .sort((a, b) => a - b);
  }

  private look(): void {
    const { taker } = this;
    taker.known = highestOf([taker.known, this.told([taker.looks.shift()!])]);
    if (taker.looks.length === 0) this.go('read');
  }

  private told(epochs: readonly number[]): Tenure | undefined {
    const homes = this.world.homes.filter(home => home.at === 'its name' && epochs.includes(home.epoch));
    return highestOf(homes.sort((a, b) => a.epoch - b.epoch).map(({ task }) => task));
  }

  private known(): Tenure | undefined {
    const known = highestOf([this.ledger().task, this.taker.known]);
    return known && this.variant === 'editions not looked at' ? { ...known, edition: 0 } : known;
  }

  private forgets(): boolean {
    const isCareless = /^(not carried over|carried over from the ledger alone)$/.test(this.variant);
    return !isCareless && this.taker.task === undefined && isForgotten(this.known(), this.taker.carries);
  }

  private mayAct(): boolean {
    const { epoch, task } = this.taker;
    const claim = { epoch, direction: 'forward', broken: false, task } as const;
    return refusalOf(this.ledger(), claim, this.known()) === undefined;
  }

  /** As it is now; in a broken variant as it was. */
  private ledger(): Ledger {
    return this.variant === 'ledger read before the mkdir' ? this.taker.ledger : this.world.ledger;
  }

  /** The ledger as this one writes it. */
  private tenured(ledger: Ledger): Ledger {
    const { carries: task } = this.taker;
    return { ...ledger, task: this.variant === 'not in the ledger' ? undefined : task };
  }

  private take(): void {
    const { world, taker } = this;
    const lower = taker.lower.shift();
    const home = world.homes.find(each => each.epoch === lower && each.at === 'its name');
    if (this.home() === undefined) return this.end();
    if (home !== undefined) {
      home.at = taker.epoch;
      // What lay in it comes with it.
      for (const inner of world.homes) if (inner.at === lower) inner.at = taker.epoch;
    }
    // Where nothing was left in it nobody looks any more, but through a descriptor.
    const isSeen = (each: Home) => each.at === 'its name' || each.intent !== undefined;
    if (this.variant !== 'a descriptor held on the staging directory')
      world.homes = world.homes.filter(isSeen);
    if (taker.lower.length === 0) this.go('read again');
  }

  private sweep(): void {
    const { world, taker } = this;
    world.homes = world.homes.filter(home => home.at !== taker.epoch);
    this.go(taker.does === 'replicate' ? 'stage' : 'acknowledge');
  }

  private settle(): void {
    const { world, taker } = this;
    const taken = world.homes.filter(home => home.at === taker.epoch).sort((a, b) => b.epoch - a.epoch);
    const left = taken.find(home => home.intent !== undefined && isUnsettled(home.intent, taker.ledger));
    if (left === undefined) return this.sweep();
    const { old, next, gone } = left.intent!;
    const isGone = !world.others.includes(gone);
    const decision = settle([
      { is: standingOf(world.file, old, next), isStaged: left.isStaged, kept: 'whole' },
      { is: isGone ? 'new' : 'old', isStaged: true, kept: 'whole' },
    ]);
    if (decision === 'nothing') return this.sweep();
    if (decision !== 'forward') world.wrong ??= `${taker.name} can only settle by ${decision}`;
    taker.settling = left.intent!;
    this.go('settle put');
  }

  private settling(step: 'settle put' | 'settle delete' | 'settle ledger'): void {
    const { world, taker } = this;
    const { next, gone, sequence } = taker.settling!;
    if (this.home() === undefined) return this.end();
    if (step === 'settle put') {
      if (world.file !== next) this.effect(() => (world.file = next));
      return this.go('settle delete');
    }
    if (step === 'settle delete') {
      if (world.others.includes(gone)) this.effect(() => this.remove(gone));
      return this.go('settle ledger');
    }
    this.effect(
      () => (world.ledger = this.tenured({ ...taker.ledger, epoch: taker.epoch, sequence, content: next })),
    );
    taker.ledger = world.ledger;
    this.isWhole(gone);
    this.go('sweep');
  }

  private commit(step: Step): void {
    const { world, taker } = this;
    const home = this.home();
    if (home === undefined) {
      const isUnlink = this.variant === 'deletes as unlink' && step === 'delete';
      if (this.variant === 'a retried mkdir -p') this.makeAgain(step);
      else if (isUnlink) this.effect(() => this.remove(`other of ${taker.name}`));
      if (isUnlink) return this.go('acknowledge');
      return this.variant === 'a retried mkdir -p' ? this.go(step) : this.end();
    }
    if (taker.does !== 'replicate') return this.note();
    const next = `from ${taker.name}`;
    const gone = `other of ${taker.name}`;
    const { epoch } = taker;
    const sequence = taker.ledger.sequence + 1;
    switch (step) {
      case 'stage':
        home.intent = { epoch, sequence, old: world.file, next, gone };
        home.isStaged = true;
        home.hasNext = true;
        return this.go('put');
      case 'put':
        if (!home.isStaged) return this.go('out');
        home.isStaged = false;
        this.effect(() => (world.file = next));
        return this.go('delete');
      case 'delete':
        this.effect(() => this.remove(gone));
        return this.go('acknowledge');
      case 'acknowledge':
        if (!home.hasNext) return this.go('out');
        home.hasNext = false;
        this.effect(() => (world.ledger = this.tenured({ ...taker.ledger, epoch, sequence, content: next })));
        this.isWhole(gone);
        return this.go('out');
    }
  }

  /** Of the ledger alone. */
  private note(): void {
    const { world, taker } = this;
    const { epoch } = taker;
    const sequence = taker.ledger.sequence + 1;
    this.effect(
      () =>
        (world.ledger = this.tenured({ ...taker.ledger, epoch, sequence, broken: taker.does === 'break' })),
    );
    this.go('out');
  }

  /** Everything that was staged is staged again as well. */
  private makeAgain(step: Step): void {
    const { ledger, epoch, name } = this.taker;
    const next = `from ${name}`;
    const intent = {
      epoch,
      sequence: ledger.sequence + 1,
      old: this.world.file,
      next,
      gone: `other of ${name}`,
    };
    this.world.homes.push({ ...this.emptyHome(), intent, isStaged: step === 'put', hasNext: true });
  }

  private remove(gone: string): void {
    this.world.others = this.world.others.filter(other => other !== gone);
  }

  /** Invariants 3, 4 and 9 of an effect on the file, the other ones, or the ledger. */
  private effect(change: () => void): void {
    const { world, taker } = this;
    const before = world.ledger;
    if (taker.epoch < world.effective)
      world.wrong ??= `${taker.name} has an effect in epoch ${taker.epoch} after one of epoch ${world.effective}`;
    if (outranks(world.accepted, taker.task))
      world.wrong ??= `${taker.name} has an effect after ${JSON.stringify(world.accepted)} had been let in`;
    if (world.ledger.broken) world.wrong ??= `${taker.name} writes to a node that serves`;
    change();
    world.effective = Math.max(world.effective, taker.epoch);
    if (world.ledger.sequence < before.sequence) world.wrong ??= `${taker.name} takes the ledger back`;
    if (world.ledger !== before && world.ledger.sequence === before.sequence)
      world.wrong ??= `${taker.name} has another change of the same number`;
  }

  /** All or nothing, at the moment of the acknowledgement. */
  private isWhole(gone: string): void {
    const { world, taker } = this;
    if (world.file === world.ledger.content && !world.others.includes(gone)) return;
    world.wrong ??= `${taker.name} acknowledges what does not stand there`;
  }
}

/** Every state that can come, each once, up to the first in which something goes wrong. */
export function explore(
  variant: AnyVariant,
  first = begin(),
): { states: number; wrong: string | undefined; epochs: number } {
  const seen = new Set<string>();
  let epochs = 0;
  const open = [first];
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    for (const next of nextWorlds(world, variant)) {
      if (next.wrong !== undefined) return { states: seen.size, wrong: next.wrong, epochs };
      const key = JSON.stringify(next);
      if (seen.has(key)) continue;
      seen.add(key);
      epochs = Math.max(epochs, ...next.homes.map(({ epoch }) => epoch));
      open.push(next);
    }
  }
  return { states: seen.size, wrong: undefined, epochs };
}
