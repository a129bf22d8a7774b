import { Worker } from 'node:worker_threads';
import { sha256 } from '../../connectors/file/source.ts';
import type { Mapping } from '../../core/rewrite/identity.ts';
import { compileMapping } from '../../core/rewrite/mapping.ts';
import { entryOf } from '../../installation.ts';
import { wholePass } from '../../replication/whole-pass.ts';
import { bounded } from './bounded.ts';
import { JobParts, planMessages, type ToChild, type ToParent } from './message.ts';
import type { RegionPass } from './regions.ts';

/**
 * Plans files for the daemon, in a process of its own: one at a time, as it is told over the channel. What
 * a hostile file does (an endless pass, a heap that overflows) it does here and not to the daemon.
 */
export function serve(regions?: RegionPass): void {
  const mappings = new Map<string, Mapping>();
  const parts = new JobParts();
  let prove: () => Uint8Array | undefined = () => undefined;
  staysWithTheDaemon();
  process.on('message', async (message: ToChild) => {
    if (message.is === 'bytes' || message.is === 'text') return parts.take(message);
    if (message.is === 'mapping') {
      mappings.set(message.relationship, compiled(message));
      return;
    }
    if (message.is === 'prove') {
      const proven = attempt(prove);
      return say({ is: 'proven', ...(proven === undefined ? {} : { proven }) });
    }
    const input = parts.finish(message.input);
    const mapping = mappings.get(message.rules.relationship)!;
    const rules = { ...message.rules, mapping, digest: sha256 };
    const plan = wholePass(input, rules);
    prove = () => {
      // Once: the file and its plan are not to be kept in memory until the next one.
      prove = () => undefined;
      const proven = regions?.prove(input, rules, plan);
      return proven === undefined ? undefined : regions!.fold(proven);
    };
    for (const answer of planMessages(bounded(plan), input)) await say(answer);
  });
}

function staysWithTheDaemon(): void {
  process.title = 'warmspare: planning';
  // The daemon decides when its processes end: a Ctrl-C, or systemd's signal to all, is for the daemon.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.once('disconnect', () => process.exit());
  // A pass in this thread may last; the other thread notices meanwhile that the daemon is gone.
  new Worker(entryOf('planner-lifeline'));
}

function compiled({ spec, reversed }: Extract<ToChild, { is: 'mapping' }>): Mapping {
  // The daemon has compiled the same definition, so it is known to be valid.
  const mapping = compileMapping(spec).mapping!;
  return reversed ? mapping.reversed() : mapping;
}

/** Without a proof the next change is planned as a whole: nothing is lost but time. */
function attempt<T>(prove: () => T | undefined): T | undefined {
  try {
    return prove();
  } catch {
    return undefined;
  }
}

/** Waits until it is written, so that a large plan does not stand in memory twice; nobody may listen any more. */
function say(message: ToParent): Promise<void> {
  return new Promise(done => {
    process.send!(message, undefined, undefined, () => done());
  });
}
