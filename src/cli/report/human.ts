import type { Host } from '../host.ts';
import { renderFailure } from './failure.ts';
import type { Report } from './report.ts';

/** Results on stdout, failures on stderr: stdout stays fit for a pipe into `patch`. */
export function humanReport(host: Host): Report {
  let secrets: readonly RegExp[] = [];
  const wanted = host.machine.env.NO_COLOR === undefined || host.machine.env.NO_COLOR === '';
  return {
    colour: wanted && host.stdout.isTTY,
    print: text => host.stdout.write(text),
    set: () => {},
    fail: (failures, severity = 'error') => {
      for (const failure of [failures].flat()) {
        const colour = wanted && host.stderr.isTTY;
        host.stderr.write(renderFailure(failure, { colour, cwd: host.cwd, severity, secrets }));
      }
    },
    hide: more => {
      secrets = more;
    },
    end: () => {},
  };
}
