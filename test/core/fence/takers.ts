import { isOutbid, lowerThan, nextEpoch, refusalOf } from '../../../src/core/fence/epoch.ts';
import { isUnsettled, settle, standingOf } from '../../../src/core/fence/settle.ts';

/**
 * The protocol of the take-over as a state machine: three takers, one backup, and every order in which their
 * single calls to its file system can come. Two of them replicate (put the file, delete another one, as one
 * transaction), the third breaks the relationship. That a taker dies is in it as well: of every state,
 * some way on never has it move again.
 *
 * Each way of getting it wrong is a variant, which the test must see fail.
 */
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

export const BROKEN_VARIANTS: readonly Exclude<Variant, 'right'>[] = [
  'ledger read before the mkdir',
  'deletes as unlink',
  'a retried mkdir -p',
  'a descriptor held on the staging directory',
  'a name that comes again',
];

interface Ledger {
  readonly epoch: number;
  readonly sequence: number;
  readonly direction: 'forward';
  readonly broken: boolean;
  /** What it says that stands at the file. */
  readonly content: string;
}

interface Intent {
  readonly epoch: number;
  readonly sequence: number;
  readonly old: string;
  readonly next: string;
  /** The other file, which is to be deleted. */
  readonly gone: string;
}

/** A directory epoch-<n>, at its name or moved into another one. */
interface Home {
  readonly epoch: number;
  /** Its token: what is below it is reached by that as well. */
  readonly owner: string;
  at: 'its name' | number;
  intent: Intent | undefined;
  /** Whether the staged file, and the next ledger, are still in it. */
  isStaged: boolean;
  hasNext: boolean;
}

type Step =
  | 'ask'
  | 'make'
  | 'list'
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

interface Taker {
  readonly name: string;
  readonly breaks: boolean;
  step: Step;
  epoch: number;
  ledger: Ledger;
  lower: number[];
  settling: Intent | undefined;
}

export interface World {
  file: string;
  others: string[];
  ledger: Ledger;
  homes: Home[];
  takers: Taker[];
  /** The highest epoch that has had an effect. */
  effective: number;
  /** What went wrong, where something did. */
  wrong: string | undefined;
}

const LEDGER: Ledger = { epoch: 0, sequence: 0, direction: 'forward', broken: false, content: 'first' };

export function begin(): World {
  const taker = (name: string, breaks: boolean): Taker => ({
    name,
    breaks,
    step: 'ask',
    epoch: 0,
    ledger: LEDGER,
    lower: [],
    settling: undefined,
  });
  return {
    file: 'first',
    others: ['other of A', 'other of B'],
    ledger: LEDGER,
    homes: [],
    takers: [taker('A', false), taker('B', false), taker('C', true)],
    effective: 0,
    wrong: undefined,
  };
}

/** Every world that one call of one taker makes of this one. */
export function nextWorlds(world: World, variant: Variant): World[] {
  return world.takers.flatMap((taker, at) => {
    if (taker.step === 'out') return [];
    const next = structuredClone(world);
    new Move(next, next.takers[at]!, variant).make();
    return [next];
  });
}

class Move {
  constructor(
    private readonly world: World,
    private readonly taker: Taker,
    private readonly variant: Variant,
  ) {}

  make(): void {
    const { world, taker } = this;
    const isEarly = this.variant === 'ledger read before the mkdir';
    switch (taker.step) {
      case 'ask':
        // A broken variant keeps what it read first, also where it has to ask again.
        if (!isEarly || taker.epoch === 0) taker.ledger = world.ledger;
        taker.epoch = nextEpoch(taker.epoch, taker.ledger.epoch, this.names());
        return this.go('make');
      case 'make':
        if (this.names().includes(taker.epoch)) return this.go('ask');
        world.homes.push(this.emptyHome());
        return this.go('list');
      case 'list':
        return isOutbid(taker.epoch, this.names()) ? this.giveUp() : this.go('read');
      case 'read':
        return this.mayAct(isEarly) ? this.go('list lower') : this.giveUp();
      case 'list lower':
        taker.lower = lowerThan(taker.epoch, this.names());
        return this.go(taker.lower.length > 0 ? 'take' : 'read again');
      case 'take':
        return this.take();
      case 'read again':
        return this.mayAct(isEarly) ? this.go('settle') : this.go('out');
      case 'settle':
        return this.settle();
      case 'settle put':
      case 'settle delete':
      case 'settle ledger':
        return this.settling(taker.step);
      case 'sweep':
        world.homes = world.homes.filter(home => home.at !== taker.epoch);
        return this.go('stage');
      default:
        return this.commit(taker.step);
    }
  }

  private go(step: Step): void {
    this.taker.step = step;
  }

  private names(): number[] {
    return this.world.homes.filter(home => home.at === 'its name').map(home => home.epoch);
  }

  private emptyHome(): Home {
    const { epoch, name: owner } = this.taker;
    return { epoch, owner, at: 'its name', intent: undefined, isStaged: false, hasNext: false };
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

  private giveUp(): void {
    const { world, taker } = this;
    const isOwn = (home: Home) => home.epoch === taker.epoch && home.owner === taker.name;
    world.homes = world.homes.filter(home => !isOwn(home) || home.at !== 'its name');
    this.go('out');
  }

  private mayAct(isEarly: boolean): boolean {
    const { world, taker } = this;
    if (!isEarly) taker.ledger = world.ledger;
    return refusalOf(taker.ledger, { epoch: taker.epoch, direction: 'forward', broken: false }) === undefined;
  }

  private take(): void {
    const { world, taker } = this;
    const lower = taker.lower.shift();
    const home = world.homes.find(each => each.epoch === lower && each.at === 'its name');
    if (this.home() === undefined) return this.go('out');
    if (home !== undefined) {
      home.at = taker.epoch;
      // What lay in it comes with it.
      for (const inner of world.homes) if (inner.at === lower) inner.at = taker.epoch;
    }
    if (taker.lower.length === 0) this.go('read again');
  }

  private settle(): void {
    const { world, taker } = this;
    const taken = world.homes.filter(home => home.at === taker.epoch).sort((a, b) => b.epoch - a.epoch);
    const left = taken.find(home => home.intent !== undefined && isUnsettled(home.intent, taker.ledger));
    if (left === undefined) return this.go('sweep');
    const { old, next, gone } = left.intent!;
    const isGone = !world.others.includes(gone);
    const decision = settle([
      { is: standingOf(world.file, old, next), isStaged: left.isStaged, kept: 'whole' },
      { is: isGone ? 'new' : 'old', isStaged: true, kept: 'whole' },
    ]);
    if (decision === 'nothing') return this.go('sweep');
    if (decision !== 'forward') world.wrong ??= `${taker.name} can only settle by ${decision}`;
    taker.settling = left.intent!;
    this.go('settle put');
  }

  private settling(step: 'settle put' | 'settle delete' | 'settle ledger'): void {
    const { world, taker } = this;
    const { next, gone, sequence } = taker.settling!;
    if (this.home() === undefined) return this.go('out');
    if (step === 'settle put') {
      if (world.file !== next) this.effect(() => (world.file = next));
      return this.go('settle delete');
    }
    if (step === 'settle delete') {
      if (world.others.includes(gone)) this.effect(() => this.remove(gone));
      return this.go('settle ledger');
    }
    this.effect(() => (world.ledger = { ...taker.ledger, epoch: taker.epoch, sequence, content: next }));
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
      return this.go(isUnlink ? 'acknowledge' : this.variant === 'a retried mkdir -p' ? step : 'out');
    }
    if (taker.breaks) return this.break(step);
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
        this.effect(() => (world.ledger = { ...taker.ledger, epoch, sequence, content: next }));
        this.isWhole(gone);
        return this.go('out');
    }
  }

  private break(step: Step): void {
    const { world, taker } = this;
    if (step === 'stage') return this.go('acknowledge');
    const { epoch } = taker;
    const sequence = taker.ledger.sequence + 1;
    this.effect(() => (world.ledger = { ...taker.ledger, epoch, sequence, broken: true }));
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
export function explore(variant: Variant): { states: number; wrong: string | undefined; epochs: number } {
  const seen = new Set<string>();
  let epochs = 0;
  const open = [begin()];
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    for (const next of nextWorlds(world, variant)) {
      if (next.wrong !== undefined) return { states: seen.size, wrong: next.wrong, epochs };
      const key = JSON.stringify(next);
      if (seen.has(key)) continue;
      seen.add(key);
      epochs = Math.max(epochs, ...next.takers.map(({ epoch }) => epoch));
      open.push(next);
    }
  }
  return { states: seen.size, wrong: undefined, epochs };
}
