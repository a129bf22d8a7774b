import type { Failure } from '../core/failure.ts';
import type { Target } from './connector.ts';

/** A side that is not there: the primary, to whoever works on the backup alone. Nothing is looked for. */
export function absentSide(title: string): Target {
  const away: Failure = {
    failure: 'root-missing',
    message: `${title} is not looked for: this works on the backup alone`,
    hint: 'run the command with the configuration file where both sides are reached',
  };
  return {
    title,
    reachable: async () => away,
    list: async () => ({ paths: [], refused: [], nodeOwn: [] }),
    read: async () => away,
    ledger: async () => away,
    epoch: () => undefined,
    isUnsettled: async () => false,
    takeOver: async () => away,
    prepareTakeOver: async () => away,
    dropTakeOver: async () => {},
    base: async () => undefined,
    earlier: async () => undefined,
    text: async () => undefined,
    touchedPaths: async () => [],
    settled: async () => {},
    keepTexts: async () => away,
    dropTexts: async () => {},
    foresee: async () => {},
    confirm: async () => undefined,
    commit: async () => away,
    forget: async () => away,
  };
}
