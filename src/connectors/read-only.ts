import type { Failure } from '../core/failure.ts';
import type { Target } from './connector.ts';

/**
 * A backup that cannot be written: what `diff`, `check`, `status`, `verify` and `explain` are given.
 * Dry run is no flag that a writer might overlook; an attempt to write here is a mistake of ours.
 */
export function readOnly(target: Target): Target {
  const refuse = async (): Promise<Failure> => ({
    failure: 'read-only',
    message: `a command that only looks tried to write to ${target.title}`,
    hint: 'this is a defect of warmspare; nothing was written',
  });
  return {
    title: target.title,
    reachable: () => target.reachable(),
    list: scope => target.list(scope),
    read: path => target.read(path),
    ledger: relationship => target.ledger(relationship),
    epoch: (relationship, task) => target.epoch(relationship, task),
    isUnsettled: relationship => target.isUnsettled(relationship),
    takeOver: refuse,
    prepareTakeOver: refuse,
    dropTakeOver: async () => {},
    base: (relationship, path, hash) => target.base(relationship, path, hash),
    earlier: (relationship, sequence, path) => target.earlier(relationship, sequence, path),
    text: (relationship, hash) => target.text(relationship, hash),
    touchedPaths: relationship => target.touchedPaths(relationship),
    settled: () => target.settled(),
    keepTexts: refuse,
    dropTexts: async () => {},
    foresee: async () => {},
    confirm: async () => undefined,
    commit: refuse,
    forget: refuse,
  };
}
