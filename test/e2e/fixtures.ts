import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CorpusSet, readSet } from '../corpus/sets.ts';

const TRAPS = fileURLToPath(new URL('../../fixtures/traps', import.meta.url));

/** The mapping of a set as a configuration file has it: `from`, `to` and `other` are the corpus' own words. */
export function identityOf(mapping: readonly { kind: string; from: string; to: string }[]) {
  return mapping.map(({ kind, from, to }) => ({
    kind: kind === 'other' ? 'text' : kind,
    primary: from,
    backup: to,
  }));
}

/** The kinds that go one way where a pair does not say otherwise. */
const ONE_WAY = ['cidr', 'subnet', 'wwn', 'uuid', 'serial', 'interface', 'path', 'text'];

/** The mapping of a trap set; what goes one way says so, because counterparts stand in some files. */
export function trapIdentity(mapping: readonly { kind: string; from: string; to: string }[]) {
  return identityOf(mapping).map(pair => (ONE_WAY.includes(pair.kind) ? { ...pair, swap: false } : pair));
}

/** The project's own sets, each with the backup's file as it was worked out by hand. */
export function trapSets(): (CorpusSet & { readonly backup: string })[] {
  return readdirSync(TRAPS, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => {
      const set = readSet(join(TRAPS, name), name);
      return {
        ...set,
        backup: readFileSync(join(TRAPS, name, set.file.replace('primary', 'backup')), 'utf8'),
      };
    });
}

/** A small set of files of several formats, with a mapping that occurs in all of them. */
export const NAMES = [
  { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
  { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
];

export const SMB = `[global]
   workgroup = STORAGE
   server string = nas1 file server
   interfaces = 10.0.0.1/24
   workers = 4

[projects]
   path = /srv/projects

[media]
   path = /srv/media
`;

export const EXPORTS = `# exports of nas1
/srv/projects 10.0.0.0/24(rw)
/srv/media nas1(ro)
/srv/home *(rw)
`;

export const TARGETS = `{
  "portals": ["10.0.0.1:3260"],
  "targets": [{"name": "a", "host": "nas1"}, {"name": "b"}]
}
`;

/** `text` with one stretch replaced, which must be there: else the test would test nothing. */
export function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`${JSON.stringify(from)} is not in the text`);
  return text.replace(from, to);
}
