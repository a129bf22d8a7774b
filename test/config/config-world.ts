import { checkConfig } from '../../src/config/check.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Surroundings } from '../../src/config/surroundings.ts';
import { type Failure, isFailure } from '../../src/core/failure.ts';

/** A configuration that is right, as lines of which a test replaces some. */
export const LINES = [
  'version: 1',
  'node: nas1',
  'state: /var/lib/warmspare',
  'relationships:',
  '  nas1-to-nas2:',
  '    primary: {path: /srv/nas1/etc, node: nas1}',
  '    backup: {path: /srv/nas2/etc, node: nas2}',
  '    include: [samba/smb.conf, exports]',
  '    exclude: []',
  '    identity:',
  '      - {kind: hostname, primary: nas1, backup: nas2}',
  '      - {kind: ipv4, primary: 10.0.0.1, backup: 10.0.1.1}',
  '    shared:',
  '      - {kind: ipv4, value: 10.0.0.100, why: floating address}',
  '    files:',
  '      samba/smb.conf: {validate: [testparm, -s, "{file}"], preserve: ["/global/workers"]}',
  '      "*.vol": {format: lines}',
  '    mode: auto',
  '    conflict: hold',
  '    unmapped: warn',
  '    guard: {deletions: {max: 5, percent: 20, window: 10m}}',
  'http: {listen: 127.0.0.1:9477}',
];

/** The configuration with the line that starts with `old` (blanks aside) replaced. */
export function withLine(old: string, line: string): string {
  const at = LINES.findIndex(candidate => candidate.trimStart().startsWith(old));
  if (at === -1) throw new Error(`no line starts with ${old}`);
  return [...LINES.slice(0, at), line, ...LINES.slice(at + 1), ''].join('\n');
}

function machine(
  files: Readonly<Record<string, string>> = {},
  more: Partial<Surroundings> = {},
): Surroundings {
  return {
    env: {},
    hostname: 'here',
    home: '/home/me',
    uid: 1000,
    read: path => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' });
      return new TextEncoder().encode(text);
    },
    ...more,
  };
}

export function load(
  text: string,
  files: Readonly<Record<string, string>> = {},
  more: Partial<Surroundings> = {},
) {
  return loadConfig(text, '/w/warmspare.yaml', machine(files, more));
}

/** What is wrong with a configuration, within values or between them. */
export function failuresOf(text: string, files: Readonly<Record<string, string>> = {}): Failure[] {
  const loaded = load(text, files);
  const failures = Array.isArray(loaded) ? loaded : checkConfig(loaded.config);
  if (failures.length === 0 || !failures.every(isFailure)) throw new Error('the configuration was accepted');
  return failures;
}
