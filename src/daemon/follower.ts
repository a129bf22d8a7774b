import type { Ledger } from '../connectors/ledger.ts';
import type { Manner } from '../core/capture/settle.ts';
import type { Effect } from '../core/effect.ts';
import type { Failure } from '../core/failure.ts';
import type { Settings } from '../core/replicator.ts';
import type { Opened } from '../replication/opened.ts';
import type { Prepared } from '../replication/prepare.ts';
import { settled } from '../replication/settled.ts';
import type { Eyes } from './eyes.ts';
import { type Answer, type Happening, Machine } from './machine.ts';
import { CostMeter } from './membership/cost.ts';
import { performEffect } from './perform.ts';
import type { World } from './world.ts';

export type { Happening } from './machine.ts';

/** One relationship, kept in step: its effects are those on its backup. */
export class Follower extends Machine {
  /** The backup's ledger as it was read or written last. */
  ledger: Ledger | undefined;
  /** What the batch that is under way was prepared as. */
  prepared: Prepared | undefined;
  readonly eyes: Eyes;
  /** Rises whenever something that the core asked for was done. */
  steps = 0;
  private readonly meter: CostMeter;

  constructor(
    readonly opened: Opened,
    readonly world: World,
    { pace }: Pick<Settings, 'pace'>,
    /** Told after every event. */
    private readonly observe: (follower: Follower) => void = () => {},
  ) {
    super(opened.name, world, pace);
    this.meter = new CostMeter(world.clock.now());
    this.eyes = world.eyes(opened, this.sights());
  }

  /** What it costs, in thousandths of a core. */
  get cost(): number {
    return this.meter.thousandths(this.world.clock.now());
  }

  /** Only a JSON text that is cut off never parses. */
  protected manner(path: string): Manner {
    return this.ledger?.files[path]?.format === 'json' ? 'parsed' : 'unparsed';
  }

  protected perform(effect: Effect): Answer | undefined {
    const { clock } = this.world;
    const from = clock.now();
    const answer = performEffect(effect, this);
    return answer?.finally(() => {
      this.steps++;
      this.meter.add(clock.now() - from, clock.now());
    });
  }

  protected override changed(): void {
    this.observe(this);
  }

  protected override answered({ is }: Happening): void {
    // Nothing comes of what was made ready for a batch that is held, paused or planned anew.
    if (is === 'prepared' && this.state.batch?.stage !== 'committing')
      void this.opened.target.foresee(this.opened.name);
  }

  /** A commit that ended so is answered all the same, for a stop waits for it. */
  protected override failed(effect: Effect): void {
    if (effect.is !== 'commit') return;
    const failure: Failure = { failure: 'internal', message: 'replicating ended by a mistake of warmspare' };
    this.happen({ is: 'refused', batch: effect.batch, failure, unreachable: true, ids: new Map() });
  }

  protected async close(): Promise<void> {
    await this.eyes.close();
    await settled(this.opened);
  }
}
