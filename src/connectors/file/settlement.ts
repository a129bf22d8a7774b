import { dirname, join } from 'node:path';
import { isFailure } from '../../core/failure.ts';
import { type Found, isUnsettled, settle, standingOf } from '../../core/fence/settle.ts';
import type { Source } from '../connector.ts';
import { type Ledger, ledgerText } from '../ledger.ts';
import { lstat, readdir, rename } from './disk.ts';
import { absent, syncFolder, writeDurably } from './durable.ts';
import { type Effect, type Intent, leftIn } from './intent.ts';
import type { OwnFolder } from './own-folder.ts';
import { linkAgain, makePlace, putBack, restore, takeAway } from './places.ts';
import { readToDecide, standingAt } from './standing.ts';
import { isHome } from './tenures.ts';
import { eachOf } from './together.ts';
import { readWhole } from './whole.ts';

type Files = Source & { readonly root: string };

/** One effect of a transaction that was left, and what is true of it now. */
interface Target extends Found {
  readonly effect: Effect;
}

/** The owners' directories in that of an epoch, each with those that it had taken and not settled; the newest first. */
export async function homesIn(epoch: string): Promise<string[]> {
  const names = (await readdir(epoch).catch(absent)) ?? [];
  const homes: string[] = [];
  for (const name of names.filter(isHome)) {
    const home = join(epoch, name);
    homes.push(home);
    for (const taken of await takenIn(home)) homes.push(...(await homesIn(taken)));
  }
  return homes;
}

/** The directories of epochs that an owner has taken, the newest first. */
export async function takenIn(home: string): Promise<string[]> {
  const names = (await readdir(home).catch(absent)) ?? [];
  const epoch = (name: string) => Number(name.slice('taken-'.length));
  const taken = names.filter(name => /^taken-\d+$/.test(name)).sort((a, b) => epoch(b) - epoch(a));
  return taken.map(name => join(home, name));
}

/** What was left in a directory, and was not acknowledged. */
export async function unsettledIn(home: string, ledger: Ledger | undefined): Promise<Intent[]> {
  const left = await leftIn(home);
  const isOfThis = (intent: Intent) => ledger === undefined || intent.ledger.backup === ledger.backup;
  return left.filter(intent => isOfThis(intent) && isUnsettled(intent.ledger, ledger));
}

/**
 * Ends, or takes back, the transaction that lies in a directory, and gives the ledger that is true then. All
 * of it is done in the epoch of this process. It needs no intent of its own: whoever comes after an
 * interruption finds the same one, in a deeper directory, and decides the same.
 */
export async function settleLeft(
  files: Files,
  folder: OwnFolder,
  home: string,
  ledger: Ledger | undefined,
): Promise<Ledger | undefined> {
  let current = ledger;
  for (const intent of await unsettledIn(home, ledger)) {
    if (!isUnsettled(intent.ledger, current)) continue;
    current = await new Settlement(files, folder, home, intent, current).run();
  }
  return current;
}

class Settlement {
  private readonly touched = new Set<string>();

  constructor(
    private readonly files: Files,
    private readonly folder: OwnFolder,
    private readonly home: string,
    private readonly intent: Intent,
    private readonly ledger: Ledger | undefined,
  ) {}

  async run(): Promise<Ledger | undefined> {
    const targets = await this.targets();
    switch (settle(targets)) {
      case 'nothing':
        return this.nothing(targets);
      case 'forward':
        return this.forward(targets);
      case 'back':
        return this.back(targets);
      case 'each':
        return this.write(this.each(targets));
    }
  }

  private async targets(): Promise<Target[]> {
    const targets: Target[] = [];
    await eachOf(this.intent.effects.entries(), async ([at, effect]) => {
      const { path, old, next } = effect;
      const found = await readToDecide(this.files, path);
      const is = isFailure(found) ? 'other' : standingOf(found?.hash, old ?? undefined, next ?? undefined);
      targets[at] = { effect, is, isStaged: await this.isStaged(effect), kept: await this.kept(effect) };
    });
    return targets;
  }

  private async isStaged({ path, next, staged }: Effect): Promise<boolean> {
    if (next === null) return true;
    if (staged === undefined) return false;
    const found = await readWhole(join(this.home, 'new', staged), path).catch(absent);
    return found !== undefined && !isFailure(found) && found.hash === next;
  }

  private async kept(effect: Effect): Promise<Found['kept']> {
    const { path, old } = effect;
    if (old === null) return 'whole';
    const grave = this.graveOf(effect);
    const buried = grave === undefined ? undefined : await lstat(grave).catch(absent);
    // Of a link only the link was displaced.
    if (buried?.isSymbolicLink() === true) return 'whole';
    const place =
      buried === undefined ? this.folder.earlier.placeOf(this.intent.ledger.sequence, path) : grave!;
    const found = await readWhole(place, path).catch(absent);
    if (found === undefined || isFailure(found)) return 'missing';
    return found.hash === old ? 'whole' : 'edited';
  }

  private graveOf({ grave }: Effect): string | undefined {
    return grave === undefined ? undefined : join(this.home, 'removed', grave);
  }

  private async forward(targets: readonly Target[]): Promise<Ledger | undefined> {
    try {
      for (const { effect, is } of targets) {
        if (is === 'old') await this.advance(effect);
        else if (is === 'new') this.touch(await this.folderOf(effect.path));
      }
    } catch (error) {
      // What the medium refuses to complete is taken back, where that is possible, rather than left in halves.
      const now = await this.targets();
      if (
        (await this.folder.lost()) !== undefined ||
        now.some(({ is, kept }) => is === 'new' && kept === 'missing')
      )
        throw error;
      return this.back(now);
    }
    return this.write(
      this.each(targets.map(one => (one.is === 'old' ? { ...one, is: 'new' as const } : one))),
    );
  }

  private async advance({ path, next, staged, link }: Effect): Promise<void> {
    const { root } = this.files;
    if (next === null) {
      this.touch(await takeAway(root, path, this.folder.removed));
      return;
    }
    if (link !== undefined) this.touch((await linkAgain(root, this.folder.staging, path, link)).touched);
    const place = await standingAt(root, path);
    this.touch(await makePlace(root, this.folder.staging, place));
    await rename(join(this.home, 'new', staged!), place.real);
    this.touch([dirname(place.real)]);
  }

  /**
   * Nothing was reached, or all of it was taken back. Whoever took it back may have failed to sync that: what the
   * ledger tells of would go with the power, once a later ledger ends what still tells how to mend it.
   */
  private async nothing(targets: readonly Target[]): Promise<Ledger | undefined> {
    for (const { effect } of targets) this.touch(await this.folderOf(effect.path));
    await this.sync();
    await this.unkeepFirst();
    return this.ledger;
  }

  private async back(targets: readonly Target[]): Promise<Ledger | undefined> {
    const { root } = this.files;
    for (const { effect, is } of [...targets].reverse()) {
      if (is !== 'new') continue;
      const { path, old, next } = effect;
      const grave = this.graveOf(effect);
      const isBuried = grave !== undefined && (await lstat(grave).catch(absent)) !== undefined;
      if (old === null) this.touch(await takeAway(root, path, this.folder.removed, next ?? undefined));
      else if (next === null && isBuried) this.touch(await putBack(root, path, grave!));
      else this.touch(await restore(root, this.folder, this.intent.ledger.sequence, path));
    }
    await this.unkeepFirst();
    return this.write(this.ledger);
  }

  /** What never was leaves no first version of a path: the next one finds it anew. */
  private async unkeepFirst(): Promise<void> {
    const paths = this.intent.effects.filter(({ first }) => first === true).map(({ path }) => path);
    await this.folder.earlier.unkeepFirst(paths);
  }

  private async folderOf(path: string): Promise<string[]> {
    const place = await standingAt(this.files.root, path).catch(() => undefined);
    return place === undefined ? [] : [dirname(place.real)];
  }

  private touch(folders: readonly string[]): void {
    for (const folder of folders) this.touched.add(folder);
  }

  /**
   * The ledger that is true of each file: of one that did not become what was intended, its old entry is.
   * With it the next plan merges what stands there from the right base.
   */
  private each(targets: readonly Target[]): Ledger {
    const { ledger: next } = this.intent;
    const files = { ...next.files };
    const astray = new Set(targets.filter(({ is }) => is !== 'new').map(({ effect }) => effect.path));
    for (const path of astray) {
      const known = this.ledger?.files[path];
      if (known === undefined) delete files[path];
      else files[path] = known;
    }
    const history = next.history
      .map(entry =>
        entry.sequence === next.sequence
          ? { ...entry, files: entry.files.filter(({ path }) => !astray.has(path)) }
          : entry,
      )
      .filter(entry => entry.files.length > 0);
    return { ...next, files, history };
  }

  private sync(): Promise<void> {
    return eachOf(this.touched, async path => {
      await syncFolder(path).catch(absent);
    });
  }

  /** Written in this process's epoch, which ends whatever lower ones left. */
  private async write(ledger: Ledger | undefined): Promise<Ledger | undefined> {
    await this.sync();
    if (ledger === undefined) return undefined;
    const settled = this.folder.signed({ ...ledger, epoch: this.folder.owner!.epoch });
    await writeDurably(this.folder.staging, this.folder.ledger, ledgerText(settled));
    return settled;
  }
}
