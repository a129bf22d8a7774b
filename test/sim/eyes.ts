import { type Look, sameVersion } from '../../src/core/capture/look.ts';
import type { Eyes, Sights } from '../../src/daemon/eyes.ts';
import type { Opened } from '../../src/replication/opened.ts';
import type { Inode } from './disk.ts';
import type { SimulatedProcess } from './process.ts';

/**
 * How a simulated process sees its primary: hints come late, twice or never, and in the order of what
 * happened; a scan goes from file to file while the tools go on.
 */
export class SimulatedEyes implements Eyes {
  private isClosed = false;
  /** When the last hint that is under way will be there. */
  private told_ = 0;
  /** Versions as the scans that ended found them: what this process cannot say that it does not know. */
  readonly seen = new Map<string, number>();

  constructor(
    private readonly process: SimulatedProcess,
    private readonly opened: Opened,
    private readonly sights: Sights,
  ) {}

  private async takesUpTo(most: number): Promise<void> {
    const { agenda, random, setup } = this.process.world;
    await agenda.pause(random.next() * most * setup.slowness, this.process);
  }

  async scan(): ReturnType<Eyes['scan']> {
    const { world } = this.process;
    const failure = await this.opened.source.reachable();
    if (failure !== undefined) return { looks: new Map(), refused: [], failure };
    const { paths, refused } = await this.opened.source.list(this.opened.scope);
    const looks = new Map<string, Look>();
    const seen = new Map<string, number>();
    for (const path of paths) {
      await this.takesUpTo(3);
      // Of two writes within one tick of the file system's clock only the hint tells.
      const isOld = !world.setup.isCoarse || world.agenda.now - world.history.since(path) > 1_000;
      const look = this.lookAt(path);
      // Of a root that was taken away after its names were read, this file was not seen to be gone.
      const isSeen = look !== undefined || world.primary.at(path) === undefined;
      if (isOld && isSeen) seen.set(path, world.history.latest(path));
      if (look !== undefined) looks.set(path, look);
    }
    for (const [path, version] of seen) this.seen.set(path, version);
    return { looks, refused };
  }

  async look(path: string): ReturnType<Eyes['look']> {
    const { world } = this.process;
    await this.takesUpTo(5);
    const look = this.lookAt(path);
    if (look === undefined) return { look, writing: undefined };
    return { look, writing: world.setup.isWriterSeen ? world.writing.has(path) : undefined };
  }

  async told(): Promise<void> {
    const { agenda } = this.process.world;
    while (this.told_ > agenda.now) await agenda.pause(this.told_ - agenda.now, this.process);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** Something happened at a path. `whole`: the file had been complete before it got this name. */
  happened(path: string, whole: Inode | undefined): void {
    const { agenda, random, setup } = this.process.world;
    if (random.chance(setup.lost)) return;
    const times = random.chance(setup.doubled) ? 2 : 1;
    const asItWas = whole === undefined ? undefined : lookOf(whole);
    for (let time = 0; time < times; time++) {
      this.told_ = Math.max(this.told_, agenda.now + random.next() * 20 * setup.slowness);
      const tell = () => {
        if (this.isClosed) return;
        this.process.world.checker.hears(path);
        const look = this.lookAt(path);
        const isWhole = look !== undefined && sameVersion(look, asItWas);
        this.sights.hint({ path, look, whole: isWhole });
      };
      agenda.at(this.told_, tell, this.process);
    }
  }

  private lookAt(path: string): Look | undefined {
    const found = this.process.disk('primary')?.at(path);
    if (found === undefined || found.isFolder) return undefined;
    this.process.world.checker.hears(path);
    return lookOf(found);
  }
}

function lookOf({ number, bytes, modified, changed }: Inode): Look {
  return { inode: `1:${number}`, size: bytes.length, modified: `${modified}`, changed: `${changed}` };
}
