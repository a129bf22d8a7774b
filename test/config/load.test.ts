import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/config/check.ts';
import type { Config } from '../../src/config/config.ts';
import { milliseconds } from '../../src/config/normalize.ts';
import { jsonSchema } from '../../src/config/schema.ts';
import type { Shape } from '../../src/config/shape.ts';
import { isFailure } from '../../src/core/failure.ts';
import { failuresOf, LINES, load, withLine } from './config-world.ts';

function configOf(...given: Parameters<typeof load>): Config {
  const loaded = load(...given);
  if (Array.isArray(loaded)) throw new Error(JSON.stringify(loaded, undefined, 2));
  return loaded.config;
}

/** A relationship of two roots, as YAML. */
function between(name: string, primary: string, backup: string, include = '[exports]'): string {
  return `  ${name}: {primary: {${primary}}, backup: {${backup}}, include: ${include}, identity: []}\n`;
}
const of = (...relationships: string[]) => `version: 1\nrelationships:\n${relationships.join('')}`;

describe('loadConfig', () => {
  it('keeps what is said, with places', () => {
    const [relationship] = configOf(LINES.join('\n')).relationships;
    expect(relationship).toMatchObject({
      name: 'nas1-to-nas2',
      primary: { kind: 'path', path: '/srv/nas1/etc', node: 'nas1', source: { line: 6, column: 21 } },
      backup: { kind: 'path', path: '/srv/nas2/etc', node: 'nas2' },
      source: { line: 5, column: 3 },
    });
    expect(relationship?.include.map(({ pattern, source }) => [pattern, source.line, source.column])).toEqual(
      [
        ['samba/smb.conf', 8, 15],
        ['exports', 8, 31],
      ],
    );
    expect(relationship?.identity.pairs[1]).toMatchObject({
      kind: 'ipv4',
      primary: '10.0.0.1',
      backup: '10.0.1.1',
      in: [],
      not: [],
      source: { file: '/w/warmspare.yaml', line: 12, column: 9, source: LINES[11] },
    });
    expect(relationship?.identity.shared[0]).toMatchObject({ value: '10.0.0.100', source: { line: 14 } });
    expect(relationship?.files).toMatchObject([
      { pattern: 'samba/smb.conf', validate: ['testparm', '-s', '{file}'], preserve: ['/global/workers'] },
      { pattern: '*.vol', format: 'lines', preserve: [], source: { line: 17 } },
    ]);
  });

  it('fills defaults', () => {
    const config = configOf(of(between('a', 'path: /p', 'path: /b')));
    expect(config).toMatchObject({ node: 'here', state: '/home/me/.local/state/warmspare', secrets: [] });
    expect(config.relationships[0]).toMatchObject({
      exclude: [],
      files: [],
      mode: 'auto',
      conflict: 'hold',
      guard: { deletions: { max: 5, percent: 20, windowMs: 600_000 } },
    });
    expect(new Set(Object.values(config.relationships[0]!.unmapped))).toEqual(new Set(['warn']));
  });

  it('takes the state from the file, from root, or from XDG_STATE_HOME', () => {
    const text = of(between('a', 'path: /p', 'path: /b'));
    expect(configOf(`state: ./var\n${text}`).state).toBe('/w/var');
    expect(configOf(text, {}, { uid: 0 }).state).toBe('/var/lib/warmspare');
    expect(configOf(text, {}, { env: { XDG_STATE_HOME: '/x' } }).state).toBe('/x/warmspare');
    expect(configOf(text, {}, { env: { XDG_STATE_HOME: 'x' } }).state).toBe(
      '/home/me/.local/state/warmspare',
    );
  });

  it('makes paths absolute from the folder of the file', () => {
    const { primary, backup } = configOf(of(between('a', 'path: nas1', 'path: ../nas2/'))).relationships[0]!;
    expect([primary, backup]).toMatchObject([{ path: '/w/nas1' }, { path: '/nas2' }]);
  });

  it('makes one of several forms', () => {
    const text = withLine(
      '- {kind: ipv4, primary',
      '      - {kind: ipv4, primary: 10.0.0.1, backup: 10.0.1.1, in: exports, not: [a, b]}',
    )
      .replace('unmapped: warn', 'unmapped: {iqn: hold}')
      .replace(/guard:.*/, 'guard: {deletions: {window: 2h}}');
    const relationship = configOf(text).relationships[0]!;
    expect(relationship.identity.pairs[1]).toMatchObject({ in: ['exports'], not: ['a', 'b'] });
    expect([relationship.unmapped.iqn, relationship.unmapped.nqn]).toEqual(['hold', 'warn']);
    expect(relationship.guard).toEqual({ deletions: { max: 5, percent: 20, windowMs: 7_200_000 } });
    expect(configOf(withLine('guard:', '    guard: off')).relationships[0]!.guard).toBe('off');
    expect(configOf(LINES.join('\n')).http).toEqual({ host: '127.0.0.1', port: 9477 });
    expect(configOf(withLine('http:', 'http: {listen: "[::1]:80"}')).http).toEqual({ host: '::1', port: 80 });
  });

  it('reads pairs from a file beside it, with the places of that file', () => {
    const text = withLine('identity:', '    identity: pairs/a.yaml').replace(
      / {6}- \{kind: (hostname|ipv4), primary.*\n/g,
      '',
    );
    const pairs =
      '# two\n- kind: hostname\n  primary: a\n  backup: b\n- {kind: text, primary: "1", backup: "2"}\n';
    const { identity } = configOf(text, { '/w/pairs/a.yaml': pairs }).relationships[0]!;
    expect(identity.pairs.map(({ primary, source }) => [primary, source?.file, source?.line])).toEqual([
      ['a', '/w/pairs/a.yaml', 2],
      ['1', '/w/pairs/a.yaml', 5],
    ]);
  });

  it('follows aliases, and keeps a byte-order mark out of the way', () => {
    const text = of(
      '  a: {primary: {path: /p1}, backup: {path: /b1}, include: &files [exports], identity: []}\n',
      '  b: {primary: {path: /p2}, backup: {path: /b2}, include: *files, identity: []}\n',
    );
    const { relationships } = configOf(`\ufeff${text}`);
    expect(relationships[1]!.include.map(({ pattern }) => pattern)).toEqual(['exports']);
  });

  it('turns secret keys into patterns for the whole key', () => {
    const { secrets } = configOf(`secrets: [license*, a.b]\n${of(between('a', 'path: /p', 'path: /b'))}`);
    const hides = (key: string) => secrets.some(pattern => pattern.test(key));
    expect(['License_id', 'a.b', 'mylicense', 'axb'].map(hides)).toEqual([true, true, false, false]);
  });

  it('reads durations', () => {
    expect(['250ms', '30s', '10m', '2h', '1d'].map(milliseconds)).toEqual([
      250, 30_000, 600_000, 7_200_000, 86_400_000,
    ]);
  });
});

/** The example of the documentation, with every key there is. */
const EXAMPLE = `# yaml-language-server: $schema=./warmspare.schema.json
version: 1
node: nas1                        # this member's name; default: the host name
state: /var/lib/warmspare         # journal, history, control socket
relationships:
  nas1-to-nas2:
    primary: {path: /etc, node: nas1}                  # node: the member beside a local path
    backup: {url: "sftp://warmspare@nas2/etc"}         # or {path: /etc, node: nas2}, or {exec: ...}
    include: [samba/smb.conf, exports, "exports.d/*.exports", rtslib-fb-target/saveconfig.json]
    exclude: []
    identity:
      - {kind: hostname, primary: nas1, backup: nas2}
      - {kind: ipv4, primary: 10.0.0.1, backup: 10.0.1.1}
      - {kind: iqn, primary: "iqn.2003-01.org.linux-iscsi.nas1:*", backup: "iqn.2003-01.org.linux-iscsi.nas2:*"}
      - {kind: text, primary: "150", backup: "100", in: "keepalived/*.conf", at: "VI_1/priority"}
    shared:
      - {kind: ipv4, value: 10.0.0.100, why: floating address}
    files:
      samba/smb.conf: {validate: [testparm, -s, "{file}"], reload: [smbcontrol, smbd, reload-config], preserve: ["/global/workers"]}
      "drbd.d/*.res": {rewrite: none}
      rtslib-fb-target/saveconfig.json: {apply: on-break}
      "*.vol": {format: lines}
    mode: auto                    # auto | approve
    conflict: hold                # hold | primary
    unmapped: {iqn: hold}
    guard: {deletions: {max: 5, percent: 20, window: 10m}}     # or off
secrets: [license*]
cluster:
  engine: nats
  servers: ["nats://127.0.0.1:4222"]
  name: site-a
  credentials: ./nas1.creds       # or the seed of a user nkey
  tls: {ca: ca.pem, cert: nas1.pem, key: nas1.key}
  key: /etc/warmspare/cluster.key # 32 random bytes in base64 or hex, 0600, the same for all members
  labels: [rack1]
  weight: 2
http: {listen: 127.0.0.1:9477}
`;

describe('the documented example', () => {
  it('is right', () => {
    const config = configOf(EXAMPLE);
    expect(checkConfig(config)).toEqual([]);
    const { credentials, key, tls, source, ...rest } = config.cluster!;
    expect(rest).toEqual({
      engine: 'nats',
      servers: ['nats://127.0.0.1:4222'],
      name: 'site-a',
      labels: ['rack1'],
      weight: 2,
    });
    expect([credentials, key, tls?.ca, tls?.cert, tls?.key].map(file => file?.path)).toEqual([
      '/w/nas1.creds',
      '/etc/warmspare/cluster.key',
      '/w/ca.pem',
      '/w/nas1.pem',
      '/w/nas1.key',
    ]);
    expect([credentials, tls?.key].map(file => [file?.source.line, file?.source.column])).toEqual([
      [32, 16],
      [33, 42],
    ]);
    expect(source.line).toBe(28);
    expect(
      config.relationships[0]?.files.map(rule => [rule.pattern, rule.rewrite, rule.apply, rule.format]),
    ).toEqual([
      ['samba/smb.conf', undefined, undefined, undefined],
      ['drbd.d/*.res', 'none', undefined, undefined],
      ['rtslib-fb-target/saveconfig.json', undefined, 'on-break', undefined],
      ['*.vol', undefined, undefined, 'lines'],
    ]);
    expect(config.relationships[0]?.identity.pairs[3]).toMatchObject({
      in: ['keepalived/*.conf'],
      at: 'VI_1/priority',
    });
  });

  it('names no key that the schema has not, and misses none but what excludes another', () => {
    const names = new Set<string>();
    const visit = (shape: Shape) => {
      for (const [key, inner] of Object.entries(shape.properties ?? {})) {
        names.add(key);
        visit(inner);
      }
      for (const inner of [shape.items, shape.additionalProperties, ...(shape.anyOf ?? [])]) {
        if (typeof inner === 'object') visit(inner);
      }
    };
    visit(jsonSchema() as Shape);
    const missing = [...names].filter(name => !new RegExp(`\\b${name}:`).test(EXAMPLE));
    expect(missing.sort()).toEqual(['after', 'host-key', 'known-hosts', 'not', 'read', 'swap', 'write']);
  });
});

describe('checkConfig', () => {
  it('finds nothing wrong with a good configuration', () => {
    expect(checkConfig(configOf(LINES.join('\n')))).toEqual([]);
    const chain = of(between('a', 'path: /a', 'path: /b'), between('b', 'path: /b', 'path: /c'));
    expect(checkConfig(configOf(chain))).toEqual([]);
  });

  it('finds one server that is reached in two ways', () => {
    const two = (more: string, url = 'sftp://me@nas2/etc') =>
      of(
        between('a', 'path: /a', 'url: "sftp://me@nas2:22/srv", key: ./k'),
        between('c', 'path: /c', `url: "${url}", ${more}`),
      );
    expect(checkConfig(configOf(two('key: k')))).toEqual([]);
    expect(checkConfig(configOf(two('key: l', 'sftp://you@nas2/etc')))).toEqual([]);
    expect(checkConfig(configOf(two('key: l', 'sftp://me@nas2:2222/etc')))).toEqual([]);
    for (const more of ['key: l', 'key: k, known-hosts: h', `key: k, host-key: "SHA256:${'A'.repeat(43)}"`])
      expect(failuresOf(two(more))).toMatchObject([
        { failure: 'config-invalid', at: { line: 4 }, also: [{ line: 3 }] },
      ]);
  });

  it('finds one pattern on one backup claimed by two', () => {
    const text = of(
      between('a', 'path: /a', 'path: /b', '[x, samba/smb.conf]'),
      between('c', 'path: /c', 'path: /b/', '[./samba/smb.conf]'),
    );
    expect(failuresOf(text)).toMatchObject([
      {
        failure: 'claimed-twice',
        message: '"a" and "c" both claim samba/smb.conf on the backup /b',
        at: { line: 4 },
        also: [{ line: 3 }],
      },
    ]);
  });

  it.each([
    [
      'two',
      [
        ['/a', '/b'],
        ['/b', '/a'],
      ],
      '"r1" makes a loop with "r0": /b would replicate to itself',
    ],
    [
      'three',
      [
        ['/a', '/b'],
        ['/b', '/c'],
        ['/c', '/a'],
      ],
      '"r2" makes a loop with "r0", "r1": /c would replicate to itself',
    ],
  ] as const)('finds a loop of %s', (_, ends, message) => {
    const text = of(...ends.map(([from, to], i) => between(`r${i}`, `path: ${from}`, `path: ${to}`)));
    const loops = failuresOf(text).filter(({ failure }) => failure === 'replication-loop');
    expect(loops.map(loop => loop.message)).toEqual([message]);
    expect(loops[0]?.at?.line).toBe(ends.length + 2);
  });

  it('takes equal paths beside two nodes for two folders in a cluster, where each has its own process', () => {
    const inCluster = (text: string) => text.replace(/^version: 1$/m, '$&\ncluster: {engine: embedded}');
    const apart = of(between('a', 'path: /etc, node: nas1', 'path: /etc, node: nas2'));
    const same = {
      failure: 'backup-inside-primary',
      message: 'primary and backup of "a" are the same folder',
    };
    expect(checkConfig(configOf(inCluster(apart)))).toEqual([]);
    expect(failuresOf(apart)).toMatchObject([same]);
    for (const primary of ['path: /etc', 'path: /etc, node: nas1']) {
      const text = of(between('a', primary, 'path: /etc'));
      expect(failuresOf(text)).toMatchObject([same]);
      expect(failuresOf(inCluster(text))).toMatchObject([same]);
    }
  });

  it('takes the relationships of two nodes, there and back, for a loop outside a cluster', () => {
    const text = of(
      between('a', 'path: /etc, node: nas1', 'path: /mnt, node: nas2', '[x]'),
      between('b', 'path: /mnt, node: nas3', 'path: /etc, node: nas4', '[y]'),
    );
    expect(failuresOf(text)).toMatchObject([{ failure: 'replication-loop' }]);
  });

  it('takes a folder with a longer name for another one', () => {
    expect(checkConfig(configOf(of(between('a', 'path: /etc', 'path: /etc2'))))).toEqual([]);
  });

  it('finds pairs that contradict, with both lines', () => {
    const failures = failuresOf(
      withLine('- {kind: ipv4, primary', '      - {kind: hostname, primary: nas1, backup: nas3}'),
    );
    expect(failures.length).toBe(1);
    expect(failures[0]).toMatchObject({
      failure: 'pair-collision',
      at: { file: '/w/warmspare.yaml', line: 12 },
      also: [{ line: 11 }],
    });
    expect(failures.every(isFailure)).toBe(true);
  });
});
