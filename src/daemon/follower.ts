import type { Ledger } from '../connectors/ledger.ts';
import type { Effect } from '../core/effect.ts';
import type { Event } from '../core/event.ts';
import { type Failure, FailureError } from '../core/failure.ts';
import { BLANK, type State } from '../core/replicator/state.ts';
import { type Settings, step, wakeAt } from '../core/replicator.ts';
import type { Opened } from '../replication/opened.ts';
import type { Prepared } from '../replication/prepare.ts';
import { settled } from '../replication/settled.ts';
import type { Eyes } from './eyes.ts';
import { performEffect } from './perform.ts';
import type { World } from './world.ts';

/** An event without its time, which the follower's clock gives. */
export type Happening = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never;

/** A person's command that waits for its turn. */
interface Request {
  readonly serve: () => Promise<void>;
  readonly refuse: () => void;
}

/**
 * One relationship, kept in step: takes events one by one to `step`, has the effects performed, and
 * brings their answers back as events. Everything that is decided is decided in the core.
 */
export class Follower {
  state: State = BLANK;
  /** The backup's ledger as it was read or written last. */
  ledger: Ledger | undefined;
  /** What the batch that is under way was prepared as. */
  prepared: Prepared | undefined;
  readonly eyes: Eyes;
  readonly settings: Settings;
  /** Settles when nothing is under way any more, after `stop`. */
  readonly stopped: Promise<void>;
  private hasStopped: () => void = () => {};
  private readonly queue: Event[] = [];
  private isTaking = false;
  private unset: () => void = () => {};
  private readonly requests = new Map<number, Request>();
  private tokens = 0;
  private readonly watchers = new Set<() => void>();

  constructor(
    readonly opened: Opened,
    readonly world: World,
    settings: Pick<Settings, 'pace'>,
  ) {
    this.settings = { ...settings, manner: path => (this.isParsed(path) ? 'parsed' : 'unparsed') };
    this.stopped = new Promise(done => {
      this.hasStopped = done;
    });
    this.eyes = world.eyes(opened, {
      hint: hint => this.happen({ is: 'hinted', ...hint }),
      sight: blind => this.happen({ is: 'sight', ...(blind === undefined ? {} : { blind }) }),
      rescan: () => this.happen({ is: 'rescan' }),
      doubt: path => this.happen({ is: 'doubted', path }),
    });
  }

  /** Only a JSON text that is cut off never parses. */
  private isParsed(path: string): boolean {
    return this.ledger?.files[path]?.format === 'json';
  }

  happen(happening: Happening): void {
    this.queue.push({ ...happening, at: this.world.clock.now() } as Event);
    if (this.isTaking) return;
    this.isTaking = true;
    try {
      for (let event = this.queue.shift(); event !== undefined; event = this.queue.shift()) this.take(event);
    } finally {
      this.isTaking = false;
    }
    this.arm();
    for (const tell of this.watchers) tell();
  }

  private take(event: Event): void {
    const { state, effects } = step(this.state, event, this.settings);
    this.state = state;
    for (const effect of effects) this.perform(effect);
  }

  private perform(effect: Effect): void {
    if (effect.is === 'stopped') {
      void this.end();
      return;
    }
    if (effect.is === 'serve') {
      void this.serve(effect.token);
      return;
    }
    const answer = performEffect(effect, this);
    answer?.then(
      happening => {
        if (happening === undefined) return;
        this.happen(happening);
        // Nothing comes of what was made ready for a batch that is held, paused or planned anew.
        if (happening.is === 'prepared' && this.state.batch?.stage !== 'committing')
          void this.opened.target.foresee(this.opened.name);
      },
      error => this.broken(effect, error),
    );
  }

  /** A mistake of ours. A commit that ended so is answered all the same, for a stop waits for it. */
  private broken(effect: Effect, error: unknown): void {
    this.world.broken(this.opened.name, error);
    if (effect.is !== 'commit') return;
    const failure: Failure = { failure: 'internal', message: 'replicating ended by a mistake of warmspare' };
    this.happen({ is: 'refused', batch: effect.batch, failure, unreachable: true, ids: new Map() });
  }

  /** Sets the alarm for what is due next. */
  private arm(): void {
    this.unset();
    const wake = wakeAt(this.state);
    this.unset =
      wake === Number.POSITIVE_INFINITY
        ? () => {}
        : this.world.clock.at(wake, () => this.happen({ is: 'clock' }));
  }

  /**
   * Runs a person's command while nothing else touches this relationship. `work` tells whether it may have
   * changed backup or ledger.
   */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const token = ++this.tokens;
    return new Promise((done, failed) => {
      if (this.state.phase.is === 'stopping' || this.state.phase.is === 'stopped')
        return failed(this.ending());
      const serve = async () => {
        try {
          done(await work());
        } catch (error) {
          failed(error);
        }
      };
      this.requests.set(token, { serve, refuse: () => failed(this.ending()) });
      this.happen({ is: 'asked', token });
    });
  }

  private async serve(token: number): Promise<void> {
    const request = this.requests.get(token);
    this.requests.delete(token);
    await request?.serve();
    this.happen({ is: 'served', token, touched: request !== undefined });
  }

  private ending(): FailureError {
    return new FailureError({
      failure: 'locked',
      message: `${this.opened.name} is ending or beginning anew in the daemon`,
      hint: 'run the command again',
    });
  }

  /** Resolves as soon as the state answers; looks again after every event. */
  until(isSo: (state: State) => boolean): Promise<void> {
    return new Promise(done => {
      const look = () => {
        if (!isSo(this.state)) return;
        this.watchers.delete(look);
        done();
      };
      this.watchers.add(look);
      look();
    });
  }

  private async end(): Promise<void> {
    this.unset();
    // Nobody comes to their turn any more.
    for (const { refuse } of this.requests.values()) refuse();
    this.requests.clear();
    await this.eyes.close();
    await settled(this.opened);
    this.hasStopped();
  }
}
