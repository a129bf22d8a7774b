import { join } from 'node:path';
import { z } from 'zod';

/**
 * How a command speaks to a running daemon: over a Unix socket in the state folder (0600: whoever may
 * open it is the daemon's own user, or root), one JSON object a line. The command sends one `Request`,
 * the daemon answers with what its report would have said, and last with the exit code.
 */
export function socketPath(state: string): string {
  return join(state, 'control.sock');
}

export const PROTOCOL = 1;

/** A request is a command line and a person's name: more than this is none. */
export const REQUEST_MAX = 1024 * 1024;

export const requestSchema = z.object({
  protocol: z.literal(PROTOCOL),
  command: z.string(),
  /** Absolute path of the configuration file that the command was given. */
  config: z.string(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  operands: z.record(z.string(), z.string()),
  relationships: z.array(z.string()),
  /** Of the person, for the history. */
  who: z.string(),
});

export type Request = z.infer<typeof requestSchema>;

const failureSchema = z.looseObject({ failure: z.string(), message: z.string() });

export const answerSchema = z.union([
  z.object({ print: z.string() }),
  z.object({ set: z.string(), value: z.unknown() }),
  z.object({ fail: z.array(failureSchema), severity: z.enum(['error', 'warning', 'held']) }),
  z.object({ exit: z.int() }),
]);

export type Answer = z.infer<typeof answerSchema>;
