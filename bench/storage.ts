/** The ten identifiers of the primary and their counterparts; the longest of those that overlap first. */
export const IDENTITY: readonly {
  readonly kind: string;
  readonly primary: string;
  readonly backup: string;
}[] = [
  {
    kind: 'iqn',
    primary: 'iqn.2003-01.org.linux-iscsi.nas1:main',
    backup: 'iqn.2003-01.org.linux-iscsi.nas2:main',
  },
  { kind: 'wwn', primary: '60014051a1a1a1a1a1a1a1a1a1a1a1a1', backup: '60014052b2b2b2b2b2b2b2b2b2b2b2b2' },
  {
    kind: 'uuid',
    primary: '3f0c7a5e-8a51-4d6e-9c1d-52a1b7c4e901',
    backup: 'b7d2e9a4-1c3f-4b58-8e06-9d41f3a7c5b2',
  },
  { kind: 'wwn', primary: '50:01:43:80:11:22:33:44', backup: '50:01:43:80:55:66:77:88' },
  { kind: 'fqdn', primary: 'nas1.example.com', backup: 'nas2.example.com' },
  { kind: 'serial', primary: 'SN4711A001', backup: 'SN4711B001' },
  { kind: 'text', primary: 'tank_west', backup: 'tank_east' },
  { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
  { kind: 'ipv4', primary: '10.0.8.1', backup: '10.0.9.1' },
  { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
];

type Names = Readonly<
  Record<'iqn' | 'naa' | 'uuid' | 'wwpn' | 'fqdn' | 'serial' | 'pool' | 'ip' | 'ip2' | 'host', string>
>;

/** One side's own names, in the order of IDENTITY. */
function namesOf(side: 'primary' | 'backup'): Names {
  const [iqn, naa, uuid, wwpn, fqdn, serial, pool, ip, ip2, host] = IDENTITY.map(pair => pair[side]);
  return {
    iqn: iqn!,
    naa: naa!,
    uuid: uuid!,
    wwpn: wwpn!,
    fqdn: fqdn!,
    serial: serial!,
    pool: pool!,
    ip: ip!,
    ip2: ip2!,
    host: host!,
  };
}

/**
 * A storage node's configuration in YAML, of about so many bytes, in which one line differs from version to
 * version. Both sides are generated, each with its own names, so that what the backup should hold is
 * known without any rewriting. In the form that the yaml library prints, so that a rival that parses and
 * prints gets the very bytes too.
 */
export class StorageFile {
  private readonly primary: readonly [string, string];
  private readonly backup: readonly [string, string];

  constructor(bytes: number) {
    const empty = render(namesOf('primary'), 0).length;
    const ten = render(namesOf('primary'), 10).length;
    const targets = Math.max(1, Math.round((bytes - empty) / ((ten - empty) / 10)));
    this.primary = aroundTheEdit(render(namesOf('primary'), targets), targets);
    this.backup = aroundTheEdit(render(namesOf('backup'), targets), targets);
  }

  /** @param version 0 to 8999: the size of one LUN in the middle */
  text(side: 'primary' | 'backup', version: number): Buffer {
    return Buffer.from(this[side].join(String(1000 + version)));
  }
}

const EDITED = '@';

function aroundTheEdit(text: string, targets: number): readonly [string, string] {
  const parts = text.split(EDITED);
  const middle = Math.ceil(targets / 2);
  return [parts.slice(0, middle).join('1000'), parts.slice(middle).join('1000')];
}

/** With EDITED in place of one size in each target. */
function render(names: Names, targets: number): string {
  const each = (part: (at: string, index: number) => string) =>
    Array.from({ length: targets }, (_, index) => part(String(index).padStart(5, '0'), index)).join('');
  const { iqn, naa, uuid, wwpn, fqdn, serial, pool, ip, ip2, host } = names;
  return `# storage configuration of ${host}, see https://${fqdn}/doc
version: 3
node:
  name: ${host}
  fqdn: ${fqdn}
  serial: ${serial}
  cluster: ${uuid}
  naa: naa.${naa}
  target: ${iqn}
  wwpn: ${wwpn}
  portals:
    - ${ip}:3260
    - ${ip2}:3260
pools:
  - name: ${pool}
    raid: raidz2
    spare: 1
targets:
${each((at, index) => target(names, at, index))}shares:
${each(
  (at, index) => `  - name: share_${at}
    path: /srv/${pool}/share_${at}
    guests: ${index % 2 === 0}
`,
)}exports:
${each(
  (at, index) => `  - path: /srv/${pool}/export_${at}
    clients: 192.168.${index % 250}.0/24
    options: rw,sync,no_subtree_check
`,
)}initiators:
${each(
  (at, index) => `  - name: client_${at}
    wwpn: 21:00:00:24:ff:${hex(index, 4).replace(/(..)/, '$1:')}:01
`,
)}`;
}

function target({ pool, ip, host }: Names, at: string, index: number): string {
  return `  # target ${at} of ${host}
  - iqn: iqn.2026-01.com.example:t${at}
    luns:
      - id: 0
        naa: naa.6001405${hex(index, 8)}00000000000000000
        pool: ${pool}
        size_gib: ${EDITED}
      - id: 1
        naa: naa.6001405${hex(index, 8)}00000000000000001
        pool: ${pool}
        size_gib: 512 # thin
    portal: ${ip}:3260
`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
