import type { Manner } from '../core/capture/settle.ts';
import type { Effect } from '../core/effect.ts';
import type { Event } from '../core/event.ts';
import { FailureError } from '../core/failure.ts';
import { BLANK, type Pace, type State } from '../core/replicator/state.ts';
import { type Settings, step, wakeAt } from '../core/replicator.ts';
import { Awaited } from './awaited.ts';
import type { Sights } from './eyes.ts';
import type { World } from './world.ts';

/** An event without its time, which the machine's clock gives. */
export type Happening = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never;

/** What an effect comes to: the event that the core waits for. */
export type Answer = Promise<Happening | undefined>;

/** A person's command that waits for its turn. */
interface Request {
  readonly serve: () => Promise<void>;
  readonly refuse: () => void;
}

/**
 * Takes events one by one to `step`, has the effects performed, and brings their answers back as events.
 * Everything that is decided is decided in the core; how an effect is done is what the two kinds of it differ in:
 * one that writes a backup (`Follower`), and one that tells other members what it sees (`Publisher`).
 */
export abstract class Machine {
  state: State = BLANK;
  readonly settings: Settings;
  /** Settles when nothing is under way any more, after `stop`. */
  readonly stopped: Promise<void>;
  private hasStopped: () => void = () => {};
  private readonly queue: Event[] = [];
  private isTaking = false;
  private unset: () => void = () => {};
  private readonly requests = new Map<number, Request>();
  private tokens = 0;
  private readonly awaited = new Awaited();

  constructor(
    protected readonly relationship: string,
    private readonly ground: Pick<World, 'clock' | 'broken'>,
    pace: Pace,
  ) {
    this.settings = { pace, manner: path => this.manner(path) };
    this.stopped = new Promise(done => {
      this.hasStopped = done;
    });
  }

  /** Whether a parser would notice that this file is cut off. */
  protected abstract manner(path: string): Manner;

  /** Does what the core asked for; undefined where it does not wait for an answer. */
  protected abstract perform(effect: Effect): Answer | undefined;

  /** After an answer was taken in, with all that followed from it. */
  protected answered(_: Happening): void {}

  /** After every event, with all that followed from it. */
  protected changed(): void {}

  /** An effect ended by a mistake of ours, which has been said. */
  protected failed(_: Effect): void {}

  /** Nothing is under way any more. */
  protected abstract close(): Promise<void>;

  /** What the eyes of this machine tell it. */
  protected sights(): Sights {
    return {
      hint: hint => this.happen({ is: 'hinted', ...hint }),
      sight: blind => this.happen({ is: 'sight', ...(blind === undefined ? {} : { blind }) }),
      rescan: () => this.happen({ is: 'rescan' }),
      doubt: path => this.happen({ is: 'doubted', path }),
      reached: () => this.happen({ is: 'reached' }),
    };
  }

  happen(happening: Happening): void {
    this.queue.push({ ...happening, at: this.ground.clock.now() } as Event);
    if (this.isTaking) return;
    this.isTaking = true;
    try {
      for (let event = this.queue.shift(); event !== undefined; event = this.queue.shift()) this.take(event);
    } finally {
      this.isTaking = false;
    }
    this.arm();
    this.awaited.changed();
    this.changed();
  }

  private take(event: Event): void {
    const { state, effects } = step(this.state, event, this.settings);
    this.state = state;
    for (const effect of effects) this.begin(effect);
  }

  private begin(effect: Effect): void {
    if (effect.is === 'stopped') {
      void this.end();
      return;
    }
    if (effect.is === 'serve') {
      void this.serve(effect.token);
      return;
    }
    this.perform(effect)?.then(
      happening => {
        if (happening === undefined) return;
        this.happen(happening);
        this.answered(happening);
      },
      error => {
        this.ground.broken(this.relationship, error);
        this.failed(effect);
      },
    );
  }

  /** Sets the alarm for what is due next. */
  private arm(): void {
    this.unset();
    const wake = wakeAt(this.state);
    this.unset =
      wake === Number.POSITIVE_INFINITY
        ? () => {}
        : this.ground.clock.at(wake, () => this.happen({ is: 'clock' }));
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
      message: `${this.relationship} is ending or beginning anew in the daemon`,
      hint: 'run the command again',
    });
  }

  /** Resolves as soon as the state answers; looks again after every event. */
  until(isSo: (state: State) => boolean): Promise<void> {
    return this.awaited.until(() => isSo(this.state));
  }

  private async end(): Promise<void> {
    this.unset();
    // Nobody comes to their turn any more.
    for (const { refuse } of this.requests.values()) refuse();
    this.requests.clear();
    await this.close();
    this.hasStopped();
  }
}
