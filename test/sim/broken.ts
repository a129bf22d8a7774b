import type { Transaction } from '../../src/connectors/connector.ts';
import { sha256 } from '../../src/connectors/file/digest.ts';
import type { FilePlan } from '../../src/core/apply/plan.ts';
import type { Look } from '../../src/core/capture/look.ts';
import type { Failure, FailureCode } from '../../src/core/failure.ts';
import type { Tenure } from '../../src/core/fence/tenure.ts';
import type { Eyes } from '../../src/daemon/eyes.ts';
import type { Follower, Happening } from '../../src/daemon/follower.ts';
import type { PlanOne } from '../../src/replication/prepare-files.ts';
import { Breaks } from './breaks.ts';
import type { SimulatedProcess } from './process.ts';
import { counterpart } from './texts.ts';

type CommitOne = (one: Transaction) => Promise<Failure | undefined>;

/** The planner with some reasons to hold a file left out. */
function without(...codes: readonly FailureCode[]): new () => Breaks {
  return class extends Breaks {
    override plan(plan: PlanOne): PlanOne {
      return async (input, rules) => {
        const file = await plan(input, rules);
        return { ...file, held: file.held.filter(({ failure }) => !codes.includes(failure)) };
      };
    }
  };
}

/** Changes what reaches the core, or keeps it away. */
abstract class Between extends Breaks {
  protected abstract pass(happening: Happening, follower: Follower): Happening | undefined;

  override follower(follower: Follower): void {
    const happen = follower.happen.bind(follower);
    follower.happen = happening => {
      const passed = this.pass(happening, follower);
      if (passed !== undefined) happen(passed);
    };
  }
}

/** Of a batch of several files one is taken for done without being carried out. */
class DroppedChange extends Breaks {
  override commit(transaction: Transaction, commit: CommitOne) {
    const [dropped, ...puts] = transaction.puts;
    const before = dropped === undefined ? undefined : transaction.expected.get(dropped.path);
    if (dropped === undefined || before === undefined) return commit(transaction);
    const expected = new Map([...transaction.expected].filter(([path]) => path !== dropped.path));
    return commit({ ...transaction, puts, expected });
  }
}

/**
 * Who takes the backup over leaves the earlier owner's directory where it is, and whoever is taken for dead
 * goes on later with what it was about to do.
 */
class NoFence extends Breaks {
  override isDeadSure(): boolean {
    return false;
  }

  override isLeftOut(path: string): boolean {
    return /\/taken-\d+$/.test(path);
  }
}

class AcknowledgedTooEarly extends Breaks {
  override commit(transaction: Transaction, commit: CommitOne) {
    void commit(transaction);
    return Promise.resolve(undefined);
  }
}

/** A transaction with the whole ledger and none of the files goes before the one with the files. */
class LedgerFirst extends Breaks {
  override async commit(transaction: Transaction, commit: CommitOne) {
    const noted = await commit({
      ...transaction,
      puts: [],
      deletes: [],
      expected: new Map(),
      bases: new Map(),
    });
    return noted ?? commit(transaction);
  }
}

class NoFolderSync extends Breaks {
  override isSynced(isFolder: boolean): boolean {
    return !isFolder;
  }
}

class NoFileSync extends Breaks {
  override isSynced(isFolder: boolean): boolean {
    return isFolder;
  }
}

/** A missing file is taken for one that was missing for long. */
class NoHoldOff extends Breaks {
  override follower(follower: Follower): void {
    const happen = follower.happen.bind(follower);
    follower.happen = happening => {
      happen(happening);
      if (happening.is !== 'hinted' || happening.look !== undefined) return;
      const active = follower.state.active.get(happening.path);
      if (active?.settling === undefined) return;
      const settling = { ...active.settling, quietSince: active.settling.quietSince - 5_000, nextLook: 0 };
      const changed = new Map(follower.state.active).set(happening.path, { ...active, settling });
      follower.state = { ...follower.state, active: changed };
      happen({ is: 'clock' });
    };
  }
}

class InSyncTooEarly extends Breaks {
  override standing({ follower }: SimulatedProcess, tell: () => string): string {
    const { isScanned, batch, holds } = follower.state;
    return isScanned && batch === undefined && holds.size === 0 ? 'in sync' : tell();
  }
}

class HeldIsInSync extends Breaks {
  override standing(_: SimulatedProcess, tell: () => string): string {
    const told = tell();
    return told === 'held' ? 'in sync' : told;
  }
}

/** Nobody asks who writes, and a version counts as the one that had settled whatever was read. */
class TornRead extends Breaks {
  override eyes(eyes: Eyes): Eyes {
    return {
      scan: () => eyes.scan(),
      look: async path => ({ ...(await eyes.look(path)), writing: false }),
      told: () => Promise.resolve(),
      close: () => eyes.close(),
    };
  }
}

/** A change is written as if the backup had nothing of its own. */
class LocalsOverwritten extends Breaks {
  override plan(plan: PlanOne): PlanOne {
    return async (input, rules) => {
      const file: FilePlan = await plan(input, rules);
      if (file.action !== 'change' || input.primary === undefined || file.held.length > 0) return file;
      const text = counterpart(Buffer.from(input.primary).toString());
      return { ...file, text, base: text, after: sha256(text) };
    };
  }
}

/** Scans tell what the first one and the looks found; only hints bring news. */
class NoRescan extends Breaks {
  override eyes(eyes: Eyes): Eyes {
    let known: Map<string, Look> | undefined;
    return {
      scan: async () => {
        const found = await eyes.scan();
        // Whether the primary is there at all is no matter of hints.
        if (found.failure !== undefined || found.looks.size === 0) return found;
        known ??= new Map(found.looks);
        return { ...found, looks: new Map(known) };
      },
      look: async path => {
        const found = await eyes.look(path);
        if (found.look === undefined) known?.delete(path);
        else known?.set(path, found.look);
        return found;
      },
      told: () => eyes.told(),
      close: () => eyes.close(),
    };
  }
}

/** The core decides as if no person had paused anything. */
class PauseIgnored extends Breaks {
  override follower(follower: Follower): void {
    const happen = follower.happen.bind(follower);
    follower.happen = happening => {
      const { pause, ...state } = follower.state;
      if (pause === undefined || happening.is === 'resumed') return happen(happening);
      follower.state = state;
      happen(happening);
      follower.state = { ...follower.state, pause };
    };
  }
}

/** A commit that was refused is taken for done. */
class RefusalSwallowed extends Between {
  protected pass(happening: Happening): Happening {
    return happening.is === 'refused' ? { is: 'committed', batch: happening.batch } : happening;
  }
}

/** Writes the files where they are to be, as a program does that knows nothing better. */
class WrittenInPlace extends Breaks {
  private process: SimulatedProcess | undefined;

  override follower(_: Follower, process: SimulatedProcess): void {
    this.process = process;
  }

  override async commit(transaction: Transaction, commit: CommitOne) {
    const { process } = this;
    const expected = new Map(transaction.expected);
    for (const { path, bytes, hash } of transaction.puts) {
      const disk = process?.world.backup;
      const file = disk?.at(path) ?? disk?.create(path, 0o644);
      if (disk === undefined || file === undefined || process === undefined) continue;
      for (const length of [bytes.length / 2, bytes.length]) {
        disk.write(file, bytes.slice(0, length));
        await process.admit('write', 'backup', path);
        process.world.checker.effect(process, path, undefined, file.bytes);
      }
      expected.set(path, hash);
    }
    return commit({ ...transaction, puts: [], expected });
  }
}

/** Whoever is taken for dead, and goes on later, comes with the same right as the one that has its task. */
class NoTenure extends Breaks {
  override isDeadSure(): boolean {
    return false;
  }

  override tenure(tenure: Tenure): Tenure {
    return { ...tenure, epoch: 1, owner: 'member' };
  }
}

/** Builds with one thing wrong; `sign`: what the checker must say of it. */
export const BROKEN: readonly { name: string; make: new () => Breaks; sign: RegExp }[] = [
  { name: 'a change is dropped', make: DroppedChange, sign: /^3: .*(never put there|not there yet)/ },
  {
    name: 'a held change is overtaken',
    make: without('mass-deletion', 'file-deleted'),
    sign: /^3: .*nobody approved it/,
  },
  { name: 'residue is let through', make: without('residue'), sign: /^2: .*names the primary/ },
  { name: 'a stale owner writes', make: NoFence, sign: /^4: .*after \d+ was taken/ },
  { name: 'a stale owner takes the backup again', make: NoTenure, sign: /^4: .*had the task/ },
  { name: 'acknowledged before it is durable', make: AcknowledgedTooEarly, sign: /^3: .*never put there/ },
  { name: 'the ledger goes before the files', make: LedgerFirst, sign: /^3: .*not there yet/ },
  { name: 'folders are not synced', make: NoFolderSync, sign: /^3: .*power cut/ },
  { name: 'files are not synced', make: NoFileSync, sign: /^3: .*power cut/ },
  { name: 'a deletion is believed at once', make: NoHoldOff, sign: /^3: .*(called deleted|deleted after)/ },
  { name: '"in sync" is said too early', make: InSyncTooEarly, sign: /^6: .*while/ },
  {
    name: '"in sync" is said of what is held',
    make: HeldIsInSync,
    sign: /^6: .*(was open|nothing is replicated)/,
  },
  { name: 'a torn read is accepted', make: TornRead, sign: /^1: .*no whole version/ },
  { name: 'local settings are overwritten', make: LocalsOverwritten, sign: /^7: .*lost local-/ },
  { name: 'a lost hint stays lost', make: NoRescan, sign: /^[68]: .*not version/ },
  { name: 'a pause is not kept', make: PauseIgnored, sign: /^3: .*paused/ },
  { name: 'a refusal is taken for done', make: RefusalSwallowed, sign: /^[68]: .*not version/ },
  { name: 'files are written in place', make: WrittenInPlace, sign: /^1: .*no whole version/ },
];
