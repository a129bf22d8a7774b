import type { Failure } from '../../core/failure.ts';
import type { Host } from '../host.ts';
import { VERSION } from '../version.ts';
import type { Report } from './report.ts';
import { maskFailure } from './secrets.ts';

/** What `--json` prints: one object with these fields first, then the command's own. */
interface Envelope {
  readonly command: string;
  readonly version: string;
  readonly exit: number;
  readonly failures: readonly (Failure & { readonly severity: string })[];
  readonly [field: string]: unknown;
}

/** One JSON object on stdout when the command ends, whatever the end; nothing on stderr. */
export function jsonReport(host: Host, command: string): Report {
  let secrets: readonly RegExp[] = [];
  const failures: (Failure & { severity: string })[] = [];
  const fields: Record<string, unknown> = {};
  return {
    colour: false,
    print: () => {},
    set: (key, value) => {
      fields[key] = value;
    },
    fail: (more, severity = 'error') => {
      failures.push(...[more].flat().map(failure => ({ severity, ...failure })));
    },
    hide: more => {
      secrets = more;
    },
    end: exit => {
      const shown = failures.map(failure => ({
        severity: failure.severity,
        ...maskFailure(failure, secrets),
      }));
      const envelope: Envelope = { command, version: VERSION, exit, failures: shown, ...fields };
      host.stdout.write(`${JSON.stringify(envelope, undefined, 2)}\n`);
    },
  };
}
