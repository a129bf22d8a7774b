/**
 * The process that plans files for the daemon: one at a time, as it is told over the channel. What a
 * hostile file does to it (an endless pass, a heap that overflows) happens here and not in the daemon.
 */
import { Worker } from 'node:worker_threads';
import { sha256 } from '../../connectors/file/source.ts';
import type { Mapping } from '../../core/rewrite/identity.ts';
import { compileMapping } from '../../core/rewrite/mapping.ts';
import { JobParts, planMessages, type ToChild, type ToParent } from './message.ts';
import { planWhole } from './whole.ts';

const mappings = new Map<string, Mapping>();
const parts = new JobParts();

process.title = 'warmspare: planning';
// The daemon decides when its processes end: a Ctrl-C, or systemd's signal to all, is for the daemon.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.once('disconnect', () => process.exit());
// A pass in this thread may last; the other thread notices meanwhile that the daemon is gone.
new Worker(new URL('./lifeline.js', import.meta.url));

process.on('message', async (message: ToChild) => {
  if (message.is === 'mapping') return learn(message);
  if (message.is !== 'plan') return parts.take(message);
  const input = parts.finish(message.input);
  const mapping = mappings.get(message.rules.relationship)!;
  const plan = planWhole(input, { ...message.rules, mapping, digest: sha256 });
  for (const answer of planMessages(plan, input)) await say(answer);
});

function learn({ relationship, spec, reversed }: Extract<ToChild, { is: 'mapping' }>): void {
  // The daemon has compiled the same definition, so it is known to be valid.
  const mapping = compileMapping(spec).mapping!;
  mappings.set(relationship, reversed ? mapping.reversed() : mapping);
}

/** Waits until it is written, so that a large plan does not stand in memory twice; nobody may listen any more. */
function say(message: ToParent): Promise<void> {
  return new Promise(done => {
    process.send!(message, undefined, undefined, () => done());
  });
}
