import type { Transaction } from '../../src/connectors/connector.ts';
import type { Failure } from '../../src/core/failure.ts';
import type { Tenure } from '../../src/core/fence/tenure.ts';
import type { Eyes } from '../../src/daemon/eyes.ts';
import type { Follower } from '../../src/daemon/follower.ts';
import type { PlanOne } from '../../src/replication/prepare-files.ts';
import type { SimulatedProcess } from './process.ts';

/**
 * The places between the product and its world at which a test can break it, to see that the checker
 * notices. This one breaks nothing.
 */
export class Breaks {
  commit(transaction: Transaction, commit: (one: Transaction) => Promise<Failure | undefined>) {
    return commit(transaction);
  }

  eyes(eyes: Eyes): Eyes {
    return eyes;
  }

  follower(_: Follower, __: SimulatedProcess): void {}

  plan(plan: PlanOne): PlanOne {
    return plan;
  }

  standing(_: SimulatedProcess, tell: () => string): string {
    return tell();
  }

  /** Whether a rename to that path does nothing. */
  isLeftOut(_: string): boolean {
    return false;
  }

  /** Whether a process that is taken for dead really is. */
  isDeadSure(isSure: boolean): boolean {
    return isSure;
  }

  /** How a process has the task. */
  tenure(tenure: Tenure): Tenure {
    return tenure;
  }

  isSynced(_: boolean): boolean {
    return true;
  }
}
