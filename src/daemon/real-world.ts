import { type FileSource, sha256 } from '../connectors/file/source.ts';
import type { Opened } from '../replication/opened.ts';
import type { PlanOne } from '../replication/prepare-files.ts';
import { type Clock, realClock } from './clock.ts';
import type { Eyes, Sights } from './eyes.ts';
import type { Journal } from './journal/journal.ts';
import type { Log } from './log.ts';
import { openPlanner, type Planner, type PlannerOptions } from './planner/planner.ts';
import { regionPass } from './planner/region-pass.ts';
import { warmUp } from './planner/warm-up.ts';
import { type Blindness, blindness } from './watch/blindness.ts';
import { Capture } from './watch/capture.ts';
import { Folders } from './watch/folders.ts';
import { Writers } from './watch/writers.ts';
import type { World } from './world.ts';

/** The world as it is: one set of watches, one planner and one journal for all relationships. */
export class RealWorld implements World {
  readonly clock: Clock;
  private readonly folders = new Folders();
  private readonly writers = new Writers();
  private readonly planner: Planner;
  /** Of the relationships that are followed, by name. */
  private readonly sights = new Map<string, Sights>();

  constructor(
    readonly log: Log,
    private readonly journal: Journal,
    /** Told of a mistake of ours that must end the process. */
    private readonly end: (error: unknown) => void,
    options: PlannerOptions = {},
    /** Milliseconds since 1970. */
    wall: () => number = realClock.wall,
  ) {
    this.clock = { ...realClock, wall };
    this.planner = openPlanner({
      regions: regionPass,
      ...options,
      audit: ({ path, relationship, differs }) => {
        if (differs.length === 0) return;
        const text = `${path}: planned from what changed it is not what it is planned as a whole (${differs.join(', ')}); it is planned as a whole again, now and from now on`;
        log.say('error', text, { relationship });
        this.sights.get(relationship)?.doubt(path);
      },
    });
  }

  eyes(opened: Opened, sights: Sights): Eyes {
    this.sights.set(opened.name, sights);
    const eyes = opened.watch?.(sights) ?? this.watch(opened, sights);
    return {
      scan: () => eyes.scan(),
      look: path => eyes.look(path),
      told: () => eyes.told(),
      pending: () => eyes.pending?.() ?? 0,
      close: async () => {
        if (this.sights.get(opened.name) === sights) this.sights.delete(opened.name);
        await eyes.close();
      },
    };
  }

  /** Eyes on a folder of this machine. */
  watch({ source, scope }: Pick<Opened, 'source' | 'scope'>, sights: Sights): Eyes {
    // openRelationship refuses every other kind of primary, for now.
    const { root } = source as FileSource;
    const blind = new Map<string, Blindness>();
    const tell = () => sights.sight(blindness(blind));
    const capture = new Capture({
      root,
      scope,
      folders: this.folders,
      now: this.clock.now,
      hint: ({ path, look, whole }) => sights.hint({ path, look, whole }),
      rescan: () => sights.rescan(),
      blind: (folder, reason) => {
        blind.set(folder, reason);
        tell();
      },
      sighted: folder => {
        if (blind.delete(folder)) tell();
      },
    });
    return {
      scan: async () => {
        const { looks, refused, failure } = await capture.scan();
        return failure === undefined ? { looks, refused } : { looks, refused, failure };
      },
      look: async path => {
        const look = capture.look(path);
        if (look === undefined) return { look, writing: undefined };
        const writing = await this.writers.writing({ real: capture.real(path), inode: look.inode });
        return { look: capture.look(path), writing };
      },
      told: () => capture.told(),
      close: async () => capture.close(),
    };
  }

  /** Makes the first save after a start as quick as the others. */
  warmUp(): Promise<void> {
    return warmUp(regionPass);
  }

  plan(): PlanOne {
    return (input, rules, foretell) => this.planner.plan({ input, rules }, foretell);
  }

  record: World['record'] = (entry, revisions = new Map()) => {
    this.journal.append(entry);
    for (const [path, bytes] of revisions) {
      this.journal.keep({ relationship: entry.relationship, path, hash: sha256(bytes), bytes });
    }
  };

  rememberHeld: World['rememberHeld'] = (relationship, path, held) =>
    this.journal.setHeld(relationship, path, held);

  broken(relationship: string, error: unknown): void {
    this.log.say('error', `unexpected: ${error instanceof Error ? error.message : String(error)}`, {
      relationship,
    });
    this.end(error);
  }

  async close(): Promise<void> {
    this.folders.close();
    await this.planner.close();
  }
}
