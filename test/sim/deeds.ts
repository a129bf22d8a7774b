import type { Inode } from './disk.ts';
import type { Deed } from './story.ts';
import { PATHS, textOf, withLocal } from './texts.ts';
import type { SimulatedWorld } from './world.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Carries out what happens to the world; its numbers are those of the whole story. */
export class Deeds {
  private revisions = 0;
  private locals = 0;

  constructor(private readonly world: SimulatedWorld) {}

  act(deed: Deed): void {
    const { world } = this;
    switch (deed.do) {
      case 'save':
        return this.save(deed);
      case 'remove':
        return this.remove(deed.path);
      case 'edit':
        return this.edit(deed.path);
      case 'kill':
        return this.kill(deed);
      case 'restart':
        return this.restart();
      case 'stop':
        return this.stop(deed.for);
      case 'fault':
        world.tell(`every change of the backup's disk fails with ${deed.code} for ${deed.for} ms`);
        world.fault = deed.code;
        return this.later(deed.for, 'the disk is well again', () => {
          world.fault = undefined;
        });
      case 'primary away':
        world.tell(`the primary's root is ${deed.isEmpty ? 'empty' : 'gone'} for ${deed.for} ms`);
        if (deed.isEmpty) world.isPrimaryEmpty = true;
        else world.isPrimaryGone = true;
        return this.later(deed.for, "the primary's root is back", () => {
          world.isPrimaryEmpty = false;
          world.isPrimaryGone = false;
          world.awayUntil = world.agenda.now;
        });
      case 'backup away':
        if (deed.isUnmounted && !world.remembers) return;
        world.tell(`the backup is ${deed.isUnmounted ? 'unmounted' : 'unreachable'} for ${deed.for} ms`);
        if (deed.isUnmounted) world.isUnmounted = true;
        else world.isUnreachable = true;
        return this.later(deed.for, 'the backup is back', () => {
          world.isUnmounted = false;
          world.isUnreachable = false;
        });
      case 'blind':
        world.tell(`changes are not seen for ${deed.for} ms`);
        world.process?.follower.happen({
          is: 'sight',
          blind: { failure: 'unreadable', message: 'no watch is left' },
        });
        return this.later(deed.for, 'changes are seen again', () =>
          world.process?.follower.happen({ is: 'sight' }),
        );
      case 'wall clock':
        if (deed.by !== 0) world.tell(`the wall clock jumps by ${deed.by} ms`);
        world.skew += deed.by;
        return;
      case 'pause':
      case 'resume':
        world.tell(`a person: ${deed.do}`);
        world.isPaused = deed.do === 'pause';
        if (world.isPaused) world.checker.paused(world.process);
        return world.process?.follower.happen(
          deed.do === 'pause' ? { is: 'paused', pause: {} } : { is: 'resumed' },
        );
      case 'approve':
      case 'reject':
        world.tell(`a person: ${deed.do}`);
        return world.settle(deed.do);
      case 'undo':
        world.tell('a person: undo');
        return world.undo();
    }
  }

  /** Ends every fault, for good. */
  heal(): void {
    const { world } = this;
    world.fault = undefined;
    world.isPrimaryGone = world.isPrimaryEmpty = world.isUnmounted = world.isUnreachable = false;
    world.isPaused = false;
    world.process?.follower.happen({ is: 'sight' });
    world.process?.follower.happen({ is: 'resumed' });
    this.unfence();
  }

  /** Does what the failure `fenced` asks people for: the other one is stopped, and this one started again. True: it was. */
  unfence(): boolean {
    const { world } = this;
    world.endStale();
    // In a cluster who has the task goes on by itself.
    if (world.setup.isCluster) return false;
    const phase = world.process?.follower.state.phase;
    if (phase?.is !== 'waiting' || phase.obstacle.failure.failure !== 'fenced') return false;
    world.tell('a person restarts the service, which another process had fenced');
    world.process!.isGone = true;
    world.start();
    return true;
  }

  /** Does what `root-missing` asks people for, where the primary has lost every file that it had. True: it was. */
  refill(): boolean {
    const { world } = this;
    const phase = world.process?.follower.state.phase;
    if (phase?.is !== 'waiting' || phase.obstacle.failure.failure !== 'root-missing') return false;
    if (PATHS.some(path => world.primary.at(path) !== undefined)) return false;
    this.save({ do: 'save', path: PATHS[0], content: 'good', manner: 'rename', pause: 0 });
    return true;
  }

  private later(delay: number, words: string, act: () => void): void {
    this.world.agenda.after(delay, () => {
      this.world.tell(words);
      act();
    });
  }

  private save({ path, content, manner, pause }: Deed & { do: 'save' }): void {
    const { world } = this;
    if (world.writing.has(path)) return;
    this.revisions += 1;
    const text = textOf(path, this.revisions, content);
    const number = world.history.latest(path) + 1;
    const how = manner === 'rename' ? 'by a rename' : `${manner}, with pauses of ${pause} ms`;
    world.tell(
      `the primary saves ${path} (version ${number}${content === 'good' ? '' : `, ${content}`}) ${how}`,
    );
    if (manner === 'rename') {
      world.primary.create('draft', 0o644);
      world.primary.write(world.primary.at('draft')!, bytesOf(text));
      world.primary.rename('draft', path);
      this.finished(path, text);
      return world.hint(path, true);
    }
    if (manner === 'anew' && world.primary.at(path) !== undefined) this.gone(path);
    const file = world.primary.at(path) ?? world.primary.create(path, 0o644);
    world.checker.isThere(path, true);
    world.writing.add(path);
    this.write(path, file, [0, text.length / 2, text.length], text, pause);
  }

  /** Piece by piece, as an editor does that has the file open. */
  private write(path: string, file: Inode, [length, ...rest]: number[], text: string, pause: number): void {
    const { world } = this;
    world.primary.write(file, bytesOf(text.slice(0, length)));
    if (rest.length === 0) {
      world.writing.delete(path);
      this.finished(path, text);
      return world.hint(path);
    }
    world.hint(path);
    world.agenda.after(pause, () => this.write(path, file, rest, text, pause));
  }

  private finished(path: string, text: string | undefined): void {
    const { world } = this;
    world.checker.isThere(path, text !== undefined);
    world.history.finished(path, text, world.agenda.now);
  }

  private gone(path: string): void {
    this.world.primary.unlink(path);
    this.world.checker.isThere(path, false);
    this.world.hint(path);
  }

  private remove(path: string): void {
    const { world } = this;
    if (world.writing.has(path) || world.primary.at(path) === undefined) return;
    world.tell(`the primary loses ${path} (version ${world.history.latest(path) + 1})`);
    this.gone(path);
    this.finished(path, undefined);
  }

  /** An administrator of the backup adds a setting of its own, by an editor that renames. */
  private edit(path: string): void {
    const { world } = this;
    const before = world.isUnmounted ? undefined : world.backup.text(path);
    // To an empty file nobody adds a setting below its first line.
    if (before === undefined || before === '') return;
    this.locals += 1;
    world.tell(`the backup's administrator adds local-${this.locals} to ${path}`);
    const bytes = bytesOf(withLocal(path, before, this.locals));
    const file = world.backup.create('draft', 0o644);
    world.backup.write(file, bytes);
    file.saved = file.bytes;
    world.backup.rename('draft', path);
    world.backup.sync(world.backup.root);
    const folder = path.includes('/')
      ? world.backup.at(path.slice(0, path.lastIndexOf('/')))!
      : world.backup.root;
    world.backup.sync(folder);
    world.checker.edited(path, bytes);
  }

  private kill({ calls, isPower, away, isOther }: Deed & { do: 'kill' }): void {
    const { world } = this;
    const { process } = world;
    if (process === undefined) return;
    const act = () => {
      if (world.process !== process) return;
      const isStale = !world.setup.isDeadSure && !isPower;
      world.tell(
        isPower ? 'the power goes' : isStale ? 'the process is taken for dead' : 'the process is killed',
      );
      world.kill(isPower, isOther);
      this.later(away, isOther ? 'another member takes over' : 'a new process begins', () => {
        if (world.process === undefined) world.start();
      });
    };
    const callOff = world.beforeCall(calls, act);
    world.agenda.after(3_000, () => {
      callOff();
      if (!process.isGone) act();
    });
  }

  private restart(): void {
    const { world } = this;
    const { process } = world;
    if (process === undefined || process.isStopped) return;
    world.tell('a person restarts the service');
    process.follower.happen({ is: 'stop' });
    void process.follower.stopped.then(() => {
      if (world.process !== process) return;
      process.isGone = true;
      world.start();
    });
  }

  private stop(time: number): void {
    const { world } = this;
    const { process } = world;
    if (process === undefined || process.isStopped) return;
    world.tell(`the process is stopped for ${time} ms`);
    process.isStopped = true;
    this.later(time, 'the process goes on', () => {
      process.isStopped = false;
      world.agenda.goesOn(process);
      if (world.process === process) process.follower.happen({ is: 'gap' });
    });
  }
}
