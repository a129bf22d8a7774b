import { basename, dirname, join } from 'node:path';
import { FailureError, isFailure } from '../../core/failure.ts';
import type { Put, Source, StoredFile, Transaction } from '../connector.ts';
import { ledgerText } from '../ledger.ts';
import { attributesFor, stillBare } from './attributes.ts';
import { realpath, rename, stat, unlink } from './disk.ts';
import { absent, randomName, syncFile, syncFolder, writeDraft, writeNamed } from './durable.ts';
import type { Foreseen } from './foresight.ts';
import { type Effect, intentIn, intentText, nextLedgerIn } from './intent.ts';
import type { OwnFolder } from './own-folder.ts';
import { linkAgain, makePlace, nameAt, putBack, restore, takeAway } from './places.ts';
import { isRemote } from './remotes.ts';
import { moved, readToDecide, type Standing, type StandingFile, standingAt } from './standing.ts';
import { eachOf, together } from './together.ts';
import { readWhole } from './whole.ts';

interface Staged {
  readonly put: Put;
  readonly from: string;
}

/** A deletion, with the name that the target gets in the owner's folder. */
interface Deletion {
  readonly path: string;
  readonly grave: string;
}

/**
 * One transaction on plain files. What stands in one line is done at once; each line is on disk before
 * the next begins:
 *
 *     new files in staging, what is replaced in earlier/, bases of merged files; the ledger's draft
 *     folders for new files; of several effects the intent; every target is read once more: one that has
 *     moved refuses all of it
 *     renames out of staging, deletes into the owner's folder
 *     their folders; every new file is read back, and everything displaced is hashed once more
 *     the ledger's rename, and its folder: acknowledged
 *
 * What fails before the last line is taken back at once; what a process leaves that ends in between, the
 * next owner settles (settlement.ts). A single effect has no intent of its own (intent.ts says why).
 * What is left for afterwards (own-folder.ts) is no part of the answer.
 *
 * What an administrator saves on the backup between the last look and the rename: written into the file that
 * stood there, or deleted by this transaction, it is found in what was displaced, put back, and the
 * transaction refused as one whose target has moved. Saved by a rename of the editor's own, it leaves no
 * trace that could be found: node has no renameat2 to exchange two names. For that the window is as
 * small as one more look at each target, right before its own rename, can make it.
 */
export class Commit {
  private readonly home: string;
  private readonly staging: string;
  private readonly standing = new Map<string, Standing>();
  private readonly drafts = new Set<string>();
  private readonly touched = new Set<string>();
  private readonly deletions: readonly Deletion[];
  /** Touched for the first time, and not renamed yet. */
  private readonly first = new Set<string>();
  /** Touched for the first time by this transaction. */
  private readonly firsts = new Set<string>();
  /** Paths whose rename was begun. */
  private readonly begun = new Set<string>();
  private isEnding = false;
  /** What was made ready before this began. */
  private foreseen: Foreseen | undefined;

  constructor(
    private readonly files: Source & { readonly root: string },
    private readonly folder: OwnFolder,
    private readonly transaction: Transaction,
  ) {
    this.home = folder.home;
    this.staging = folder.staging;
    this.deletions = transaction.deletes.map(path => ({ path, grave: join(folder.removed, randomName()) }));
  }

  async run(): Promise<void> {
    const { folder, transaction } = this;
    try {
      this.foreseen = await folder.foresight.take(transaction);
      await together([folder.ready(transaction), this.look()]);
      if (this.foreseen !== undefined) this.goOnFrom(this.foreseen);
      if (folder.owes) await folder.finish();
      let written = () => {};
      const isWritten = new Promise<void>(done => {
        written = done;
      });
      const [staged, ledger] = await together([
        this.stageAll(written),
        isWritten.then(() => this.draft(ledgerText(transaction.ledger))),
        this.keep(),
        this.remember(),
      ]);
      // Not beside the others: after them the journal of the file system holds these names already, mostly,
      // and two syncs at once wait for each other.
      // Of a sync that failed no second one tells the truth: then all of it is refused.
      const kept =
        this.standing.size > 0 ? (this.foreseen?.kept ?? folder.earlier.sync()) : Promise.resolve();
      if (this.isOneInPlace()) await together([kept, syncFolder(this.home), this.unmoved()]);
      else {
        await kept;
        for (const { put } of staged) await this.makePlace(this.standing.get(put.path)!);
        if (this.needsIntent()) await this.intend(staged);
        else await syncFolder(this.home);
        await this.unmoved();
      }
      for (const one of staged) await this.putInPlace(one);
      for (const one of this.deletions) await this.remove(one);
      await together([this.syncNames(), this.readBack(), this.displacedUnedited()]);
      this.isEnding = true;
      await folder.acknowledge(ledger);
      const intent = this.needsIntent() ? [intentIn(this.home)] : [];
      folder.owe(transaction, [...this.deletions.map(({ grave }) => grave), ...intent]);
    } catch (error) {
      folder.close();
      await this.foreseen?.draft.then(({ path }) => this.drafts.add(path)).catch(() => undefined);
      // Once the ledger may be in its place, only what lies there can tell which way to go.
      if (!this.isEnding) await this.undo().catch(() => undefined);
      throw error;
    }
  }

  private async look(): Promise<void> {
    const { puts, deletes } = this.transaction;
    await eachOf([...puts.map(put => put.path), ...deletes], async path => {
      this.standing.set(path, await standingAt(this.files.root, path));
    });
  }

  /**
   * What was made ready is of use only where what it is to replace is untouched since. Over SFTP no look tells that
   * for sure; the bytes, which are compared right before the rename, do.
   */
  private goOnFrom({ path, standing, changed }: Foreseen): void {
    const found = this.standing.get(path);
    const isUnchanged = found?.file?.changed === changed || isRemote(standing.real);
    const isSame = found?.file?.inode === standing.file.inode && isUnchanged;
    if (!isSame || found.real !== standing.real) throw moved(path);
    // Without the second name that it was given, which is no change to anybody.
    this.standing.set(path, standing);
  }

  /** `written` is called when only the disk is waited for: then there is time for what it need not wait for. */
  private async stageAll(written: () => void): Promise<Staged[]> {
    const { puts } = this.transaction;
    let unwritten = puts.length;
    const one = () => {
      if (--unwritten === 0) written();
    };
    try {
      return await this.stageEach(one);
    } finally {
      written();
    }
  }

  private async stageEach(written: () => void): Promise<Staged[]> {
    const staged: Staged[] = [];
    await eachOf(this.transaction.puts.entries(), async ([at, put]) => {
      const standing = this.standing.get(put.path)!;
      const old = standing.file;
      const owner = put.exact === true ? put : (old ?? put);
      const giveAttributes = attributesFor(put, standing);
      // For a new file an ordinary user cannot give away ownership; for an existing one that would change it.
      const ifNotOwned = old === undefined ? 'allow' : 'throw';
      if (this.foreseen !== undefined) written();
      // What failed before this began is tried again, and fails here where it still does.
      const ready = await this.foreseen?.draft.catch(() => undefined);
      const draft = ready ?? (await writeDraft(this.staging, put.bytes, owner, ifNotOwned, written));
      this.drafts.add(draft.path);
      await giveAttributes(draft.path, owner);
      staged[at] = { put, from: draft.path };
    });
    return staged;
  }

  /** On disk before the first effect: what is in no ledger, and of which nothing tells, would pass for an edit. */
  private async draft(content: string): Promise<string> {
    const path = nextLedgerIn(this.home);
    this.drafts.add(path);
    await writeNamed(path, content);
    return path;
  }

  private async keep(): Promise<void> {
    const { staging, first, folder, transaction } = this;
    const { expected, ledger } = transaction;
    const isDurable = (path: string) => folder.hasPut(path, expected.get(path));
    const how = { staging, expected, first, isDurable };
    const all = [...this.standing.values()].filter(({ path }) => path !== this.foreseen?.path);
    await folder.earlier.keep(ledger.sequence, all, how);
  }

  /**
   * The definition, and every base that its file does not hold itself: a merged file's would be lost with
   * this process. The others come after the acknowledgement.
   */
  private async remember(): Promise<void> {
    const { bases, ledger, definition } = this.transaction;
    await this.folder.define(definition);
    for (const [path, bytes] of bases) {
      const known = ledger.files[path];
      if (bytes === undefined || (known !== undefined && known.base === known.file)) continue;
      await this.folder.bases.write(path, bytes, this.staging);
    }
  }

  private async makePlace(place: Standing): Promise<void> {
    for (const folder of await makePlace(this.files.root, this.staging, place)) this.touched.add(folder);
  }

  /** Nothing is to be prepared between what is kept and the last look. */
  private isOneInPlace(): boolean {
    const [put, more] = this.transaction.puts;
    if (put === undefined || more !== undefined || this.needsIntent()) return false;
    return this.standing.get(put.path)?.made === undefined;
  }

  /** A link made again and its file are two effects. */
  private needsIntent(): boolean {
    const { puts, deletes } = this.transaction;
    return puts.length + deletes.length > 1 || puts.some(({ link }) => link !== undefined);
  }

  private async intend(staged: readonly Staged[]): Promise<void> {
    const { ledger, expected } = this.transaction;
    const about = (path: string) => ({
      path,
      old: expected.get(path) ?? null,
      ...(this.first.has(path) ? { first: true } : {}),
    });
    const effects: Effect[] = [
      ...staged.map(({ put: { path, hash, link }, from }) => ({
        ...about(path),
        next: hash,
        staged: basename(from),
        ...(link === undefined ? {} : { link }),
      })),
      ...this.deletions.map(({ path, grave }) => ({
        ...about(path),
        next: null,
        grave: basename(grave),
      })),
    ];
    const path = intentIn(this.home);
    this.drafts.add(path);
    await writeNamed(path, intentText({ ledger, effects }));
    await together([syncFolder(this.staging), syncFolder(this.home)]);
  }

  /** The last look at all of them: what has moved refuses all of it before anything is touched. */
  private async unmoved(): Promise<void> {
    await eachOf(this.transaction.expected, async ([path, hash]) => {
      const found = await this.files.read(path);
      if (isFailure(found)) throw new FailureError(found);
      if (found?.hash !== hash) throw moved(path);
      // The same bytes under another inode or owner are another version as well: what was kept, and the
      // owner that was given to the new file, are those of the one before.
      const before = this.standing.get(path);
      if (before !== undefined && !isStill(before.file, found)) throw moved(path);
    });
  }

  private async putInPlace({ put, from }: Staged): Promise<void> {
    const to = await this.placeFor(put);
    await this.effect(put.path, () => rename(from, to));
    this.drafts.delete(from);
    this.touched.add(dirname(to));
  }

  private async placeFor({ path, link }: Put): Promise<string> {
    if (link === undefined) return this.standing.get(path)!.real;
    this.begun.add(path);
    const { to, touched } = await linkAgain(this.files.root, this.staging, path, link);
    for (const folder of touched) this.touched.add(folder);
    return to;
  }

  /**
   * Changes what stands at a path. A change whose answer was an error may have happened all the same, on a
   * file system across a network: only where the file is seen to be the same one, it has not. (Over SFTP that cannot
   * be seen of a file; that nothing stands there can.)
   */
  private async effect(path: string, change: () => Promise<void>): Promise<void> {
    const before = this.standing.get(path)?.file;
    const isFirst = this.first.delete(path);
    if (isFirst) this.firsts.add(path);
    try {
      if (!this.begun.has(path)) {
        const now = await stat(this.standing.get(path)!.real, { bigint: true }).catch(absent);
        if ((now === undefined ? undefined : `${now.dev}:${now.ino}`) !== before?.inode) throw moved(path);
      }
      this.begun.add(path);
      await change();
    } catch (error) {
      const now = await standingAt(this.files.root, path).catch(() => undefined);
      const isSeen = now !== undefined && (now.file === undefined || !isRemote(now.real));
      if (isFirst && isSeen && now.file?.inode === before?.inode) this.first.add(path);
      throw error;
    }
  }

  /**
   * A delete is a rename as well: into the owner's folder, so that whoever owns it owns the effect. Of a
   * link only the link goes: what it leads to may have other names.
   */
  private async remove({ path, grave }: Deletion): Promise<void> {
    const named = await nameAt(this.files.root, path);
    if (named === undefined) return;
    await this.effect(path, () => rename(named, grave));
    this.touched.add(dirname(named));
  }

  /**
   * Of files that are right already, and that only the ledger is to know of, too: an attempt may have put
   * them there that failed before it had synced their folder, and the ledger must not outlive them in a
   * power cut.
   */
  private async syncNames(): Promise<void> {
    await eachOf(this.adopted(), async path => {
      const real = await realpath(join(this.files.root, path));
      await syncFile(real);
      this.touched.add(dirname(real));
    });
    await eachOf(this.touched, syncFolder);
  }

  private adopted(): string[] {
    const { puts, bases, ledger } = this.transaction;
    const put = new Set(puts.map(({ path }) => path));
    return [...bases].flatMap(([path, bytes]) => {
      const isThere = bytes !== undefined && typeof ledger.files[path]?.file === 'string';
      return isThere && !put.has(path) ? [path] : [];
    });
  }

  private async readBack(): Promise<void> {
    await eachOf(this.transaction.puts, async ({ path, hash }) => {
      const found = await this.files.read(path);
      if (isFailure(found)) throw new FailureError(found);
      if (found?.look !== undefined && found.hash === hash)
        return stillBare(this.standing.get(path)!.real, found.look);
      throw new FailureError({
        failure: 'unwritable',
        message: `${path} reads back otherwise than it was written`,
        at: { file: path },
        hint: 'something else writes this file on the backup, or its disk is failing',
      });
    });
  }

  /** What was displaced is what was looked at: nobody's save came in between. */
  private async displacedUnedited(): Promise<void> {
    const { expected, ledger } = this.transaction;
    await eachOf(this.begun, async path => {
      const { grave } = this.deletions.find(one => one.path === path) ?? {};
      const { link, file } = this.standing.get(path)!;
      // Of a link only the link was displaced.
      if (link !== undefined || file === undefined || !expected.has(path)) return;
      const place = grave ?? this.folder.earlier.placeOf(ledger.sequence, path);
      const displaced = await readWhole(place, path).catch(absent);
      if (displaced === undefined || isFailure(displaced)) return;
      if (displaced.hash !== expected.get(path)) throw moved(path);
    });
  }

  /**
   * Takes back what was done, the last first, and removes what was prepared. Where something cannot be taken
   * back, intent and draft stay where they are for whoever settles next.
   */
  private async undo(): Promise<void> {
    const { folder, transaction } = this;
    const hashes = new Map(transaction.puts.map(({ path, hash }) => [path, hash]));
    for (const path of [...this.begun].reverse()) {
      const now = await readToDecide(this.files, path);
      if (isFailure(now) || now?.hash !== hashes.get(path)) continue;
      for (const touched of await this.takeBack(path, hashes.get(path))) this.touched.add(touched);
      if (this.firsts.has(path)) this.first.add(path);
    }
    if (this.begun.size > 0) await eachOf(this.touched, syncFolder);
    for (const path of this.drafts) await unlink(path).catch(absent);
    await folder.earlier.unkeepFirst(this.first);
  }

  private takeBack(path: string, placed: string | undefined): Promise<string[]> {
    const { root } = this.files;
    const { grave } = this.deletions.find(one => one.path === path) ?? {};
    if (grave !== undefined) return putBack(root, path, grave);
    if (this.standing.get(path)!.file === undefined) return takeAway(root, path, this.folder.removed, placed);
    return restore(root, this.folder, this.transaction.ledger.sequence, path);
  }
}

function isStill(before: StandingFile | undefined, found: StoredFile | undefined): boolean {
  if (before === undefined || found === undefined) return before === found;
  const { inode, mode, uid, gid } = before;
  return found.look?.inode === inode && found.mode === mode && found.uid === uid && found.gid === gid;
}
