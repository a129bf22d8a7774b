import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { Publisher } from '../../src/cluster/capture/publisher.ts';
import type { EmbeddedEngine } from '../../src/cluster/embedded/engine.ts';
import { EmbeddedHub } from '../../src/cluster/embedded/hub.ts';
import type { Engine } from '../../src/cluster/engine.ts';
import { primaryIn } from '../../src/cluster/spool/primary.ts';
import { Spool } from '../../src/cluster/spool/spool.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { thisMachine } from '../../src/config/surroundings.ts';
import { sha256 } from '../../src/connectors/file/digest.ts';
import type { Manifest } from '../../src/core/cluster/revision.ts';
import { isFailure } from '../../src/core/failure.ts';
import { PACE } from '../../src/core/replicator/state.ts';
import { type Clock, realClock } from '../../src/daemon/clock.ts';
import { Follower } from '../../src/daemon/follower.ts';
import type { Journal } from '../../src/daemon/journal/journal.ts';
import { RealWorld } from '../../src/daemon/real-world.ts';
import { Timeline } from '../../src/daemon/timeline.ts';
import { type Elsewhere, openElsewhere } from '../../src/replication/elsewhere.ts';
import { openRelationship } from '../../src/replication/opened.ts';

/** Time runs so much faster for the members: what they hold off takes seconds. */
const FASTER = 10;

const quickClock: Clock = {
  now: () => realClock.now() * FASTER,
  wall: () => Date.now(),
  at: (time, call) => realClock.at(time / FASTER, call),
};

/** A member's memory that nobody asks. */
const NO_JOURNAL = { append() {}, keep() {}, setHeld() {} } as unknown as Journal;

/** One member's world; what goes wrong in it fails the test. */
class QuickWorld extends RealWorld {
  override readonly clock = quickClock;
}

const RULES = {
  include: ['**/*.conf', '**/*.json', 'exports'],
  identity: [
    { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
    { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
  ],
  guard: 'off',
};

export const over = (text: string) => text.replaceAll('10.0.0.1', '10.0.1.1').replaceAll('nas1', 'nas2');

/**
 * A primary on one member and the owner of its relationship on another, with nothing between them but an
 * engine. Either may be ended and begun anew.
 */
export class Apart {
  readonly folder = mkdtempSync(join(tmpdir(), 'warmspare-apart-'));
  readonly hub = new EmbeddedHub();
  readonly broken: unknown[] = [];
  readonly said: string[] = [];
  /** Of what stands in `order.conf` on the backup, each time that it was another one. */
  readonly applied: number[] = [];
  /** The states that spools served, one after another. */
  readonly turned: Manifest[] = [];
  /** What a member's engine is to the member. */
  wrap: { capture: (engine: Engine) => Engine; owner: (engine: Engine) => Engine } = {
    capture: engine => engine,
    owner: engine => engine,
  };
  readonly engines: { capture?: Engine; owner?: Engine } = {};
  /** How a member comes to its engine: through the hub of this process, where nothing else is said. */
  join: () => Promise<Engine> = async () => this.hub.join();
  publisher: Publisher | undefined;
  spool: Spool | undefined;
  follower: Follower | undefined;
  elsewhere: Elsewhere | undefined;
  private readonly worlds = new Set<QuickWorld>();
  private isOver = false;
  private readonly watchers = new Set<() => void>();

  constructor() {
    for (const name of ['primary', 'backup']) mkdirSync(join(this.folder, name));
  }

  path(side: 'primary' | 'backup', file: string): string {
    return join(this.folder, side, file);
  }

  /** A save as careful tools do it. */
  save(file: string, text: string): void {
    mkdirSync(dirname(this.path('primary', file)), { recursive: true });
    const draft = join(this.folder, 'primary', '.draft');
    writeFileSync(draft, text);
    renameSync(draft, this.path('primary', file));
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(this.path('primary', file)), { recursive: true });
    writeFileSync(this.path('primary', file), text);
  }

  remove(file: string): void {
    rmSync(this.path('primary', file));
  }

  async startCapture(): Promise<Publisher> {
    const opened = openRelationship(this.config('capture'), this.config('capture').relationships[0]!);
    if (isFailure(opened)) throw new Error(opened.message);
    this.engines.capture = await this.join();
    this.publisher = new Publisher(opened, this.world(), this.wrap.capture(this.engines.capture), PACE);
    this.publisher.start();
    void this.publisher.until(() => this.poke());
    return this.publisher;
  }

  async stopCapture(): Promise<void> {
    const { publisher, engines } = this;
    this.publisher = undefined;
    publisher?.happen({ is: 'stop' });
    await publisher?.stopped;
    await engines.capture?.close();
  }

  async openSpool(): Promise<Spool> {
    this.engines.owner = await this.join();
    const spooling = {
      engine: this.wrap.owner(this.engines.owner),
      relationship: 'pair',
      title: 'nas1:/etc',
      state: join(this.folder, 'owner'),
      clock: quickClock,
      log: { say: (level: string, text: string) => this.hear(level, text) },
    };
    this.spool = await Spool.open(spooling);
    const poke = () => void this.poke();
    const turned = (_: unknown, now: Manifest) => {
      this.turned.push(now);
      poke();
    };
    this.spool.listen({ turned, served: poke, restored: poke });
    this.elsewhere = primaryIn(this.spool, spooling);
    return this.spool;
  }

  async startOwner(): Promise<Follower> {
    await this.openSpool();
    const config = this.config('owner');
    const opened = await openElsewhere(config, config.relationships[0]!, this.elsewhere!);
    if (isFailure(opened)) throw new Error(opened.message);
    this.follower = new Follower(opened, this.world(), { pace: PACE });
    this.follower.happen({ is: 'started' });
    void this.follower.until(() => this.poke());
    return this.follower;
  }

  /** An owner that is beside the primary, and reads it itself. */
  startNear(): void {
    const config = this.config('capture');
    const opened = openRelationship(config, config.relationships[0]!);
    if (isFailure(opened)) throw new Error(opened.message);
    const timeline = Timeline.of(quickClock);
    const near = { ...opened, asOf: () => timeline.next() };
    this.follower = new Follower(near, this.world(), { pace: PACE });
    this.follower.happen({ is: 'started' });
    void this.follower.until(() => this.poke());
  }

  async stopOwner(): Promise<void> {
    const { follower, spool, engines } = this;
    this.follower = undefined;
    this.spool = undefined;
    follower?.happen({ is: 'stop' });
    await follower?.stopped;
    await spool?.close();
    await engines.owner?.close();
  }

  /** Resolves when the backup is the rewritten primary, byte for byte, and nothing else. */
  async same(): Promise<void> {
    await this.until(() => this.isSame());
    expect(this.files('backup')).toEqual(this.expected());
  }

  /** Resolves as soon as it is so; looks after everything that happens to a member. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise(done => {
      const look = () => {
        if (!isSo()) return;
        this.watchers.delete(look);
        done();
      };
      this.watchers.add(look);
      look();
    });
  }

  isCaptured(file: string, text: string): boolean {
    return this.publisher!.isCaptured(file, sha256(text));
  }

  /** Another capturing member is begun beside this one, which the answer ends. */
  leaveCapture(): () => Promise<void> {
    const { publisher, engines } = this;
    const engine = engines.capture;
    this.publisher = undefined;
    return async () => {
      publisher?.happen({ is: 'stop' });
      await publisher?.stopped;
      await engine?.close();
    };
  }

  /** Contact with the hub. */
  lose(member: 'capture' | 'owner', why: string): void {
    (this.engines[member] as EmbeddedEngine).lose(why);
  }

  find(member: 'capture' | 'owner'): void {
    (this.engines[member] as EmbeddedEngine).find();
  }

  /** Of the hub nothing is left of what it held, as of a server whose disk was lost. */
  empty(): void {
    const hub = this.hub.log('pair') as unknown as { messages: unknown[]; sequence: number };
    hub.messages.length = 0;
    hub.sequence = 0;
    (this.hub as unknown as { kept: Map<string, Uint8Array> }).kept.clear();
  }

  /** Resolves when this version is in the log. */
  async told(file: string, text: string): Promise<void> {
    await this.until(() => this.isCaptured(file, text));
    await this.publisher!.told();
  }

  private poke(): false {
    if (this.isOver) return false;
    this.note();
    for (const look of [...this.watchers]) look();
    return false;
  }

  private hear(level: string, text: string): void {
    this.said.push(`${level}: ${text}`);
    this.poke();
  }

  private isSame(): boolean {
    return JSON.stringify(this.files('backup')) === JSON.stringify(this.expected());
  }

  private expected(): Record<string, string> {
    const files = Object.entries(this.files('primary')).map(([path, text]) => [path, over(text)]);
    return Object.fromEntries(files);
  }

  files(side: 'primary' | 'backup'): Record<string, string> {
    const root = join(this.folder, side);
    const paths = (readdirSync(root, { recursive: true }) as string[]).sort();
    const isFile = (path: string) =>
      !path.startsWith('.') && statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
    return Object.fromEntries(
      paths.filter(isFile).map(path => [path, readFileSync(join(root, path), 'utf8')]),
    );
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.stopOwner();
    await this.stopCapture();
    for (const world of this.worlds) await world.close();
    rmSync(this.folder, { recursive: true, force: true });
    expect(this.broken).toEqual([]);
  }

  /** Looks, after each event, which save has come. */
  private note(): void {
    const number = Number(/save (\d+)/.exec(this.files('backup')['order.conf'] ?? '')?.[1]);
    if (!Number.isNaN(number) && this.applied.at(-1) !== number) this.applied.push(number);
  }

  private world(): QuickWorld {
    const log = { say: (level: string, text: string) => this.hear(level, text) };
    const world = new QuickWorld(log as never, NO_JOURNAL, error => this.broken.push(error), {});
    this.worlds.add(world);
    return world;
  }

  config(member: 'capture' | 'owner'): Config {
    const file = join(this.folder, 'warmspare.yaml');
    const content = stringify({
      version: 1,
      node: member,
      state: `./${member}`,
      relationships: { pair: { primary: { path: './primary' }, backup: { path: './backup' }, ...RULES } },
    });
    const machine = thisMachine({}, path => readFileSync(path));
    const loaded = loadConfig(content, file, machine);
    if (Array.isArray(loaded)) throw new Error(JSON.stringify(loaded));
    return loaded.config;
  }
}

/** Runs a test apart and removes everything, whatever happens. */
export async function withApart(work: (apart: Apart) => Promise<void>): Promise<void> {
  const apart = new Apart();
  try {
    await work(apart);
  } finally {
    await apart.end();
  }
}
