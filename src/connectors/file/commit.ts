import { basename, dirname, join } from 'node:path';
import { FailureError, isFailure } from '../../core/failure.ts';
import type { Put, Source, StoredFile, Transaction } from '../connector.ts';
import { ledgerText } from '../ledger.ts';
import { keepAttributes, stillBare } from './attributes.ts';
import { mkdir, readlink, realpath, rename, symlink, unlink } from './disk.ts';
import { absent, randomName, renameDurably, syncFile, syncFolder, writeDraft } from './durable.ts';
import type { OwnFolder } from './own-folder.ts';
import { locate } from './place.ts';
import { moved, type Standing, type StandingFile, standingAt } from './standing.ts';
import { eachOf, together } from './together.ts';

interface Staged {
  readonly put: Put;
  readonly from: string;
}

/**
 * One transaction on plain files. What stands in one line is done at once; each line is on disk before
 * the next begins:
 *
 *     new files in staging, what is replaced in earlier/, bases of merged files; the ledger's draft is
 *     written (there is room for it), and on disk before its own rename
 *     folders for new files; every target is read once more: one that has moved refuses all of it
 *     renames out of staging, deletes into it
 *     their folders; every new file is read back
 *     the ledger's rename, and its folder: acknowledged
 *
 * What is left for afterwards (own-folder.ts) is no part of the answer.
 */
export class Commit {
  private readonly staging: string;
  private readonly standing = new Map<string, Standing>();
  private readonly drafts = new Set<string>();
  private readonly touched = new Set<string>();
  private readonly graves: string[] = [];
  /** Touched for the first time, and not renamed yet. */
  private readonly first = new Set<string>();

  constructor(
    private readonly files: Source & { readonly root: string },
    private readonly folder: OwnFolder,
    private readonly transaction: Transaction,
  ) {
    this.staging = folder.staging(transaction.ledger.epoch);
  }

  async run(): Promise<void> {
    const { folder, transaction } = this;
    try {
      await together([folder.ready(transaction), this.look()]);
      if (folder.owes) await folder.finish(transaction.ledger.epoch);
      const [staged, ledger] = await together([
        this.stageAll(),
        this.draft(ledgerText(transaction.ledger)),
        this.keep(),
        this.remember(),
      ]);
      for (const { put } of staged) await this.makePlace(this.standing.get(put.path)!);
      await this.unmoved();
      for (const one of staged) await this.putInPlace(one);
      for (const path of transaction.deletes) await this.remove(path);
      await together([eachOf(this.touched, syncFolder), syncFile(ledger), this.readBack()]);
      await renameDurably(ledger, join(folder.path, 'ledger.json'));
      folder.owe(transaction, this.graves);
    } catch (error) {
      folder.close();
      await this.leaveNoTrace().catch(() => undefined);
      throw error;
    }
  }

  private async look(): Promise<void> {
    const { puts, deletes } = this.transaction;
    await eachOf([...puts.map(put => put.path), ...deletes], async path => {
      this.standing.set(path, await standingAt(this.files.root, path));
    });
  }

  private async stageAll(): Promise<Staged[]> {
    const staged: Staged[] = [];
    await eachOf(this.transaction.puts.entries(), async ([at, put]) => {
      const { file: old, real } = this.standing.get(put.path)!;
      const owner = put.exact === true ? put : (old ?? put);
      // For a new file an ordinary user cannot give away ownership; for an existing one that would change it.
      const draft = await writeDraft(this.staging, put.bytes, owner, old === undefined ? 'allow' : 'throw');
      this.drafts.add(draft.path);
      if (old !== undefined) await keepAttributes({ real, path: put.path, seen: old }, draft.path, owner);
      staged[at] = { put, from: draft.path };
    });
    return staged;
  }

  /** Written, and not yet on disk: its sync would keep the files waiting, and is only needed after them. */
  private async draft(content: string): Promise<string> {
    const { path } = await writeDraft(this.staging, content, undefined, 'throw', false);
    this.drafts.add(path);
    return path;
  }

  private async keep(): Promise<void> {
    const { staging, first, folder, transaction } = this;
    const { expected, ledger } = transaction;
    const isDurable = (path: string) => folder.hasPut(path, expected.get(path));
    const how = { staging, expected, first, isDurable };
    await folder.earlier.keep(ledger.sequence, [...this.standing.values()], how);
  }

  /**
   * The definition, and every base that its file does not hold itself: a merged file's would be lost with
   * this process. The others come after the acknowledgement.
   */
  private async remember(): Promise<void> {
    const { bases, ledger, definition } = this.transaction;
    await this.folder.define(definition, ledger.epoch);
    for (const [path, bytes] of bases) {
      const known = ledger.files[path];
      if (bytes === undefined || (known !== undefined && known.base === known.file)) continue;
      await this.folder.bases.write(path, bytes, this.staging);
    }
  }

  private async makePlace({ real, made, path }: Standing): Promise<void> {
    if (made === undefined) return;
    await mkdir(dirname(real), { recursive: true });
    for (let at = dirname(path); at !== dirname(made); at = dirname(at)) {
      this.touched.add(join(this.files.root, dirname(at)));
    }
  }

  /** The last look before the renames; what an administrator saves after it is found by the next run. */
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
    const to =
      put.link === undefined ? this.standing.get(put.path)!.real : await this.linkAgain(put, put.link);
    await this.effect(put.path, () => rename(from, to));
    this.drafts.delete(from);
    this.touched.add(dirname(to));
  }

  /**
   * Changes what stands at a path. A change whose answer was an error may have happened all the same, on a
   * file system across a network: only where the file is seen to be the same one, it has not.
   */
  private async effect(path: string, change: () => Promise<void>): Promise<void> {
    const isFirst = this.first.delete(path);
    try {
      await change();
    } catch (error) {
      const now = await standingAt(this.files.root, path).catch(() => undefined);
      const before = this.standing.get(path)?.file?.inode;
      if (isFirst && now !== undefined && now.file?.inode === before) this.first.add(path);
      throw error;
    }
  }

  /** Makes a path the symbolic link that it was, and tells where it leads. */
  private async linkAgain({ path }: Put, link: string): Promise<string> {
    const named = join(this.files.root, path);
    if ((await readlink(named).catch(() => undefined)) !== link) {
      const draft = join(this.staging, randomName());
      this.drafts.add(draft);
      await symlink(link, draft);
      await renameDurably(draft, named);
    }
    const place = await standingAt(this.files.root, path);
    await this.makePlace(place);
    return place.real;
  }

  /**
   * A delete is a rename as well: into the staging folder, so that whoever owns it owns the effect. Of a
   * link only the link goes: what it leads to may have other names.
   */
  private async remove(path: string): Promise<void> {
    const { root } = this.files;
    const real = await locate(root, path);
    if (isFailure(real)) throw new FailureError(real);
    if (real === undefined) return;
    const folder = await realpath(dirname(join(root, path)));
    const grave = join(this.staging, randomName());
    this.graves.push(grave);
    await this.effect(path, () => rename(join(folder, basename(path)), grave));
    this.touched.add(folder);
  }

  private async readBack(): Promise<void> {
    await eachOf(this.transaction.puts, async ({ path, hash }) => {
      const found = await this.files.read(path);
      if (!isFailure(found) && found?.look !== undefined && found.hash === hash)
        return stillBare(this.standing.get(path)!.real, found.look);
      throw new FailureError({
        failure: 'unwritable',
        message: `${path} reads back otherwise than it was written`,
        at: { file: path },
        hint: 'something else writes this file on the backup, or its disk is failing',
      });
    });
  }

  private async leaveNoTrace(): Promise<void> {
    for (const path of [...this.drafts, ...this.graves]) await unlink(path).catch(absent);
    await this.folder.earlier.unkeepFirst(this.first);
  }
}

function isStill(before: StandingFile | undefined, found: StoredFile | undefined): boolean {
  if (before === undefined || found === undefined) return before === found;
  const { inode, mode, uid, gid } = before;
  return found.look?.inode === inode && found.mode === mode && found.uid === uid && found.gid === gid;
}
