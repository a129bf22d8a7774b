/** One version of a file of the primary: every line tells which, and names the primary where such a file does. */
type Maker = (task: string, revision: number, lines: number) => string;

const rows = (count: number, line: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => line(at)).join('');

const yaml: Maker = (task, revision, lines) =>
  `# ${task} revision ${revision}\nrevision: ${revision}\nhost: nas1\npools:\n${rows(
    lines,
    at => `  - name: pool_${at}\n    portal: 10.0.0.1:3260\n    mark: r${revision}\n`,
  )}`;

const ini: Maker = (task, revision, lines) =>
  `; ${task} revision ${revision}\n[global]\n  netbios name = NAS1\n  comment = r${revision}\n${rows(
    lines,
    at => `[share${at}]\n  path = /srv/${at}/r${revision}\n  hosts allow = 10.0.0.1\n`,
  )}`;

const json: Maker = (task, revision, lines) =>
  `${JSON.stringify(
    {
      task,
      revision,
      targets: Array.from({ length: lines }, (_, at) => ({
        name: `target_${at}`,
        host: 'nas1',
        portal: '10.0.0.1',
        mark: `r${revision}`,
      })),
    },
    null,
    2,
  )}\n`;

const exports_: Maker = (task, revision, lines) =>
  `# ${task} revision ${revision}\n${rows(lines, at => `/srv/${at} 10.0.0.1(rw) nas1(ro) # r${revision}\n`)}`;

/** File names of a relationship, each of another format. */
export const MAKERS: readonly (readonly [file: string, make: Maker])[] = [
  ['pools.yaml', yaml],
  ['smb.conf', ini],
  ['targets.json', json],
  ['exports', exports_],
];

export const IDENTITY = [
  { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
  { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
];

/** What a backup has to make of a text of the primary: written without any of the rules that warmspare goes by. */
export const rewritten = (text: string): string =>
  text.replaceAll('nas1', 'nas2').replaceAll('NAS1', 'NAS2').replaceAll('10.0.0.1', '10.0.1.1');
