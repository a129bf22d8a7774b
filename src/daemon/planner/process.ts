import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import type { FileInput, FileRules } from '../../core/apply/file-input.ts';
import type { Mapping } from '../../core/rewrite/identity.ts';
import { isReversed } from '../../core/rewrite/mapping.ts';
import { youngOf } from '../../replication/heap.ts';
import type { BoundedPlan } from './bounded.ts';
import { jobMessages, PlanParts, type ToChild, type ToParent } from './message.ts';
import { workedMs } from './worked.ts';

/** Why a process gave no plan. Afterwards it is dead, whatever the reason. */
export interface Death {
  /**
   * Over its time; ended by its own doing (V8 aborts when the heap is full); ended by somebody else's; ended
   * because we asked; could not be started, or ended by a mistake in the program.
   */
  readonly death: 'time' | 'aborted' | 'ended' | 'stopped' | 'broken';
  /** As a clause for people. */
  readonly why: string;
}

export function isDeath(outcome: BoundedPlan | Death): outcome is Death {
  return 'death' in outcome;
}

export interface ProcessOptions {
  /** The built module to run. */
  readonly entry: URL;
  readonly heapMb: number;
  /** Gives way to everything else on the machine. */
  readonly isBackground: boolean;
  /**
   * The limit on time is one on the time that it has the processor, and by the clock so many times as long: a machine
   * that has too much to do makes no file a hostile one. 1: by the clock alone.
   */
  readonly patience: number;
}

/**
 * One process that plans one file at a time. While it has nothing to do it keeps nobody alive; while it
 * works it does, so that a plan that is waited for always comes.
 */
export class PlanningProcess {
  readonly #child: ChildProcess;
  readonly #heapMb: number;
  readonly #patience: number;
  /** What each relationship's mapping was when it was told last. */
  readonly #told = new Map<string, Mapping>();
  readonly #gone: Promise<void>;
  #death: Death | undefined;
  #lament: ((death: Death) => void) | undefined;

  constructor({ entry, heapMb, isBackground, patience }: ProcessOptions) {
    const { NODE_OPTIONS: _, ...env } = process.env;
    this.#heapMb = heapMb;
    this.#patience = patience;
    this.#child = fork(entry, {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${heapMb}`, `--max-semi-space-size=${youngOf(heapMb)}`],
      env,
      // stdin is its lifeline (see lifeline.ts); what V8 prints when it dies may show a file's content.
      stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
    });
    this.#gone = new Promise(done => {
      const gone = (death: Death) => {
        this.#death ??= death;
        this.#lament?.(this.#death);
        done();
      };
      this.#child.once('error', ({ message }) =>
        gone({ death: 'broken', why: `no process can be started for it (${message})` }),
      );
      this.#child.once('exit', (code, signal) => gone(this.#autopsy(code, signal)));
    });
    const lifeline = this.#child.stdin as Socket | null;
    lifeline?.on('error', () => {});
    lifeline?.unref();
    if (isBackground && this.#child.pid !== undefined) giveWay(this.#child.pid);
    this.#hold(false);
  }

  get isAlive(): boolean {
    return this.#death === undefined;
  }

  /** Its process id, while there is one. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Plans a file, or dies of it. One at a time. Never rejects. */
  plan(input: FileInput, rules: FileRules, timeMs: number): Promise<BoundedPlan | Death> {
    const parts = new PlanParts(input);
    const take = (message: ToParent): BoundedPlan | undefined => {
      if (message.is === 'planned') return parts.finish(message.plan);
      if (message.is !== 'proven') parts.take(message);
      return undefined;
    };
    return this.#ask(take, timeMs, () => this.#tell(input, rules));
  }

  /** Proves what was planned last, for the region pass; undefined where nothing came of it. Never rejects. */
  async prove(timeMs: number): Promise<Uint8Array | undefined> {
    const take = (message: ToParent) => (message.is === 'proven' ? message : undefined);
    const answer = await this.#ask(take, timeMs, () => this.#send({ is: 'prove' }));
    return 'death' in answer ? undefined : answer.proven;
  }

  /** Waits for the answer of which `take` makes something, for the end of the process, or for the time. */
  #ask<T>(
    take: (message: ToParent) => T | undefined,
    timeMs: number,
    ask: () => Promise<void>,
  ): Promise<T | Death> {
    if (this.#death !== undefined) return Promise.resolve(this.#death);
    return new Promise(resolve => {
      const listen = (message: ToParent) => {
        const taken = take(message);
        if (taken !== undefined) end(taken);
      };
      const unset = this.#limit(timeMs);
      const end = (outcome: T | Death) => {
        unset();
        this.#child.off('message', listen);
        this.#lament = undefined;
        this.#hold(false);
        resolve(outcome);
      };
      this.#hold(true);
      this.#child.on('message', listen);
      this.#lament = end;
      ask().catch((error: Error) =>
        this.#end({ death: 'broken', why: `it cannot be handed to another process (${error.message})` }),
      );
    });
  }

  /** Ends it when it has taken that time, unless that is called off. */
  #limit(timeMs: number): () => void {
    const began = performance.now();
    const before = workedMs(this.#child.pid) ?? 0;
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      const worked = workedMs(this.#child.pid);
      const left = worked === undefined ? 0 : timeMs - (worked - before);
      const isLate = performance.now() - began >= timeMs * this.#patience;
      if (left <= 0 || isLate) this.#end({ death: 'time', why: `it took longer than ${timeMs / 1000} s` });
      else timer = setTimeout(look, Math.max(left, LEAST_MS));
    };
    timer = setTimeout(look, timeMs);
    return () => clearTimeout(timer);
  }

  /** Ends it at once. Resolves when it is gone. */
  async stop(why: string): Promise<void> {
    this.#end({ death: 'stopped', why });
    // Idle it keeps nobody alive; whoever waits for its end must not find the loop empty instead.
    this.#child.ref();
    await this.#gone;
  }

  #end(death: Death): void {
    this.#death ??= death;
    this.#child.kill('SIGKILL');
  }

  #autopsy(code: number | null, signal: NodeJS.Signals | null): Death {
    if (signal !== null && OWN_DOING.includes(signal)) {
      const why = `its process ended by ${signal}, as it does when ${this.#heapMb} MB of memory are too little`;
      return { death: 'aborted', why };
    }
    if (signal !== null) return { death: 'ended', why: `its process was ended by ${signal}` };
    return { death: 'broken', why: `its process failed (exit code ${code})` };
  }

  async #tell(input: FileInput, rules: FileRules): Promise<void> {
    const { mapping, relationship } = rules;
    // The very object, not its hash: what a failure says of a pair's line changes without the hash.
    if (this.#told.get(relationship) !== mapping) {
      const reversed = isReversed(mapping);
      await this.#send({ is: 'mapping', relationship, spec: mapping.spec, reversed });
      this.#told.set(relationship, mapping);
    }
    for (const message of jobMessages(input, rules)) {
      if (!this.isAlive) return;
      await this.#send(message);
    }
  }

  /** Waits until the piece is written: the loop goes on between two pieces. */
  #send(message: ToChild): Promise<void> {
    return new Promise(done => {
      // A channel that is closed belongs to a process that ends, which is noticed elsewhere.
      if (!this.#child.connected) done();
      else this.#child.send(message, () => done());
    });
  }

  #hold(isBusy: boolean): void {
    if (isBusy) {
      this.#child.ref();
      this.#child.channel?.ref();
    } else {
      this.#child.unref();
      this.#child.channel?.unref();
    }
  }
}

/** Between two looks at what a process has worked; the kernel counts in less. */
const LEAST_MS = 20;

/** Signals that a process brings upon itself. */
const OWN_DOING: readonly NodeJS.Signals[] = ['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV', 'SIGBUS', 'SIGFPE'];

function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It works without.
  }
}
