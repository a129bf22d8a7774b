import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { stringify } from 'yaml';
import { ENDS_WITH_US } from '../../support/ends-with-us.ts';
import { DaemonProcess } from '../../support/process.ts';
import { untilStopped } from '../../support/stopped.ts';
import type { Scribe } from './history.ts';

/** One line of a member's log, and when it came here, in monotonic milliseconds of this process. */
export interface Line {
  readonly at: number;
  readonly msg: string;
  readonly level?: number;
  /** By the member's own wall clock. */
  readonly time?: string;
  readonly relationship?: string;
}

/** The backup was taken by somebody else, as the one that had it says. */
const REFUSED = /taken the backup over/;

/** An owner lets a task go, for whom it says. */
const LET_GO = /^cluster: (\S+) is let go for /;

/** One `warmspare run` with a configuration file, a state and a log of its own. */
class Member extends DaemonProcess {
  readonly lines: Line[] = [];

  constructor(
    readonly name: string,
    config: object,
    private readonly history: Scribe,
  ) {
    super({});
    writeFileSync(join(this.folder, 'warmspare.yaml'), stringify(config, { aliasDuplicateObjects: false }));
  }

  protected override hears(line: Readonly<Record<string, unknown>>): void {
    const { msg, relationship } = line as unknown as Line;
    this.lines.push({ ...(line as unknown as Line), at: performance.now() });
    if (relationship !== undefined && REFUSED.test(msg))
      this.history.add({ proc: this.name, type: 'fail', op: 'apply', task: relationship });
    const task = LET_GO.exec(msg)?.[1];
    if (task !== undefined) this.history.add({ proc: this.name, type: 'info', op: 'let go', task });
  }
}

export interface MembersSetup {
  readonly names: readonly string[];
  readonly history: Scribe;
  relationships(member: string): Readonly<Record<string, object>>;
  /** The `cluster` key; absent: each runs alone. */
  cluster?(member: string): object;
  /** What is run before each, as `ip netns exec` is. */
  before?(member: string): readonly string[];
}

/** The members of a round, each a process of its own; what is done to them is noted. */
export class Members {
  private readonly members: ReadonlyMap<string, Member>;

  constructor(private readonly setup: MembersSetup) {
    const { names, history, relationships, cluster, before } = setup;
    this.members = new Map(
      names.map(name => {
        const config = {
          ...{ version: 1, node: name, state: './state', relationships: relationships(name) },
          ...(cluster === undefined ? {} : { cluster: cluster(name) }),
        };
        const member = new Member(name, config, history);
        member.before = [...ENDS_WITH_US, ...(before?.(name) ?? [])];
        return [name, member];
      }),
    );
  }

  named(name: string): Member {
    const member = this.members.get(name);
    if (member === undefined) throw new Error(`no member is called ${name}`);
    return member;
  }

  /** Begins one, or all; resolves when each says that it runs. */
  async start(...names: readonly string[]): Promise<void> {
    const all = names.length === 0 ? this.setup.names : names;
    for (const name of all) this.note('start', name);
    await Promise.all(all.map(name => this.named(name).start()));
  }

  /** As kill -9 does. */
  kill(name: string): Promise<void> {
    this.note('kill', name);
    return this.named(name).signal('SIGKILL');
  }

  /** SIGSTOP; resolves when nothing of it runs. */
  async stop(name: string): Promise<void> {
    this.note('stop', name);
    const member = this.named(name);
    await member.signal('SIGSTOP');
    await untilStopped(member.pid);
  }

  wake(name: string): Promise<void> {
    this.note('wake', name);
    return this.named(name).signal('SIGCONT');
  }

  /** Asks it to end in good order. */
  leave(name: string): Promise<void> {
    this.note('leave', name);
    return this.named(name).signal('SIGTERM');
  }

  /** All lines of all logs, by the time at which they came; for whoever has to find out what went wrong. */
  lines(): string[] {
    const all = [...this.members.values()].flatMap(({ name, lines }) =>
      lines.map(line => ({ name, ...line })),
    );
    return all
      .sort((a, b) => a.at - b.at)
      .map(({ at, name, relationship = '', msg }) => `${at.toFixed(0)} ${name} ${relationship} ${msg}`);
  }

  /** Ends all of them, however they are, and removes what they had. */
  async end(): Promise<void> {
    const all = [...this.members.values()];
    await Promise.all(all.map(member => member.signal('SIGKILL').catch(() => undefined)));
    for (const member of all) member.remove();
  }

  private note(fault: string, whom: string): void {
    this.setup.history.add({ proc: 'test', type: 'info', op: 'fault', fault, whom });
  }
}
