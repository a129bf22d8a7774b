/**
 * What the tools of the simulated primary write, and what must become of it on the backup, told by rules
 * so plain that nothing of the product is needed for them.
 */

/** A good text; one that is cut off; one that lost most entries; one that the mapping cannot account for. */
export type Content = 'good' | 'broken' | 'guarded' | 'residue';

export const PATHS = ['samba/smb.conf', 'target.json', 'exports', 'samba/shares.conf'] as const;

export const IDENTITY = [
  '{kind: hostname, primary: nas1, backup: nas2}',
  '{kind: ipv4, primary: 10.0.0.1, backup: 10.0.1.1}',
];

const ENTRIES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/** The text of a revision: it names its number at its beginning and at its end. */
export function textOf(path: string, revision: number, content: Content): string {
  const entries = content === 'guarded' ? ENTRIES.slice(0, 2) : ENTRIES;
  const odd = content === 'residue' ? '%6eas1' : 'nas1';
  const lines = path.endsWith('.json')
    ? [
        '{',
        `  "revision": ${revision},`,
        '  "luns": {',
        ...entries.map(n => `    "entry-${n}": "10.0.0.1:${3260 + n}",`),
        `    "last": "${odd}"`,
        '  },',
        `  "end": ${revision}`,
        '}',
      ]
    : path.endsWith('.conf')
      ? [
          '[global]',
          `  revision = ${revision}`,
          '  netbios name = NAS1',
          ...entries.flatMap(n => [`[entry-${n}]`, `  hosts allow = 10.0.0.1 192.0.2.${n}`]),
          '[last]',
          `  comment = of ${odd}`,
          `  end = ${revision}`,
        ]
      : [
          `/srv/revision 192.0.2.1(rw,fsid=${revision})`,
          ...entries.map(n => `/srv/entry-${n} 10.0.0.1(rw,fsid=${10_000 + n})`),
          `/srv/${odd} 192.0.2.1(ro,fsid=${revision})`,
        ];
  const text = `${lines.join('\n')}\n`;
  if (content !== 'broken') return text;
  return path.endsWith('.json') ? text.slice(0, text.length / 2) : '';
}

/** What a text of the primary is on the backup, as long as nobody has local settings there. */
export function counterpart(text: string): string {
  return text.replaceAll('nas1', 'nas2').replaceAll('NAS1', 'NAS2').replaceAll('10.0.0.1', '10.0.1.1');
}

/** The administrator of the backup adds a setting of its own to a file. */
export function withLocal(path: string, text: string, number: number): string {
  const line = path.endsWith('.json')
    ? `  "local-${number}": true,`
    : path.endsWith('.conf')
      ? `  local-${number} = yes`
      : `/srv/local-${number} 192.0.2.9(ro)`;
  const [first = '', ...rest] = text.split('\n');
  return path === 'exports' ? [line, first, ...rest].join('\n') : [first, line, ...rest].join('\n');
}

/** Names of the local settings in a text. */
export function localsOf(text: string): string[] {
  return text.match(/\blocal-\d+\b/g) ?? [];
}

export function withoutLocals(text: string): string {
  return text
    .split('\n')
    .filter(line => !/\blocal-\d+\b/.test(line))
    .join('\n');
}

/** A text without what only some contents have: where a person took a change back, that may be mixed. */
export function skeleton(text: string): string {
  return text
    .split('\n')
    .filter(line => !/entry-|hosts allow/.test(line))
    .join('\n');
}

export function entriesOf(text: string): string[] {
  return text.match(/\bentry-\d+\b/g) ?? [];
}

/** Whether a text says the primary's name, however it is spelled. */
export function namesPrimary(text: string): boolean {
  return /(?<![\w.-])(nas1|10\.0\.0\.1)(?![\w.-])/i.test(text.replace(/%6e/gi, 'n'));
}
