import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretKey, MASK, maskSecrets } from '../../../src/core/change/secrets.ts';
import { runs } from '../../runs.ts';

/** Ways in which storage configuration holds a secret; % is the secret. */
const PLANTED: Record<string, string> = {
  ini: '[global]\n   ldap admin password = %\n   workgroup = X\n',
  'ini, no blanks': 'password=%\n',
  'ini, quoted': 'password = "%"\n',
  'ini, commented out': ';  password = %\n',
  'ini, continued': 'password = abc\\\n  %\n',
  'iscsid.conf': 'node.session.auth.password_in = %\n',
  'ceph keyring': '[client.admin]\n\tkey = AQ7%==\n',
  sssd: 'ldap_default_authtok = %\n',
  environment: 'MINIO_ROOT_PASSWORD=%\nMINIO_ROOT_USER=admin\n',
  'environment, exported': "export AWS_SECRET_ACCESS_KEY='%'\n",
  PGPASSWORD: 'PGPASSWORD=%\n',
  json: '{\n  "chap_password": "%",\n  "tpg": 1\n}\n',
  'json, one line': '{"user": "u", "apiKey": "%", "port": 1}',
  'json, no blanks': '{"user":"u","chap_mutual_password":"%"}',
  'json, list': '{"tokens": ["a", "%"]}',
  'json, long list': '{\n  "tokens": [\n    "a",\n    "%"\n  ],\n  "b": 1\n}\n',
  'json, key in one string': '{"tls": "-----BEGIN PRIVATE KEY-----\\n%\\n-----END PRIVATE KEY-----\\n"}',
  yaml: 'backend:\n  password: %\n  user: admin\n',
  'yaml, quoted': "  clientSecret: '%'\n",
  'yaml, list item': '- api_key: %\n  name: x\n',
  'yaml, flow': 'auth: {username: a, password: %, port: 1}\n',
  'yaml, block': 'secret: |\n  %\n  more\nother: 1\n',
  'yaml, folded': 'password: >-\n    one\n    %\nother: 1\n',
  'yaml, next line': 'password:\n  %\nother: 1\n',
  'yaml, list below': 'tokens:\n- one\n- %\nother: 1\n',
  'yaml, quoted over lines': 'password: "one\n  %"\nother: 1\n',
  'yaml, tagged': 'password: !!str %\n',
  'yaml, commented out': '#  password: %\n',
  'kubernetes env': '  env:\n  - name: DB_PASSWORD\n    value: "%"\n',
  'kubernetes env, one line': '  - {name: ACCESS_TOKEN, value: "%"}\n',
  'kubernetes secret': 'apiVersion: v1\ndata:\n  rclone: %\nkind: Secret\n',
  'kubernetes secret, stringData': 'kind: Secret\nstringData:\n  config: |\n    %\n',
  'ceph-csi': 'userID: admin\nuserKey: %\n',
  'toml, below its key': 'api_key = { current = "%", name = "x" }\n',
  'yaml, below its key': 'api_key:\n  name: x\n  current: %\nother: 1\n',
  'yaml, deeper below': 'api_key:\n  live:\n    current: %\nother: 1\n',
  'json, below its key, one line': '{"api_key": {"current": "%", "port": 1}, "other": 1}',
  'below its key, a URL': 'secret:\n  path: https://app:%@db/x\n',
  'below its key, a URL in JSON': '"credentials": {\n  "path": "postgres://app:%@db/x"\n}\n',
  'below its key, in a list': 'secrets:\n  - name: db\n    file: postgres://app:%@db/x\n',
  'below its key, a command': 'secret:\n  path: /bin/x --password %\n',
  'below its key, a bearer': 'secret:\n  type: Bearer %\n',
  'below its key, a block': 'secrets:\n  password: |\n    user: x\n    name: %\n',
  'below its key, a key file': 'secrets:\n  private_key: |\n    path: %\n',
  'below its key, three quotes': 'secret: {\n  password: """\n%\n"""\n}\n',
  'below its key, continued': 'secret:\n  password = abc \\\n%\n',
  'below its key, an array': 'secret:\n  password: [\n    name: %\n  ]\n',
  'below its key, a manifest': 'secret:\n  kind: Secret\n  data:\n    user: %\n',
  'below its key, a brace in quotes': 'secret: {a: "x}", b: %}\n',
  'json, below its key': '{\n  "api_key": {\n    "current": "%"\n  },\n  "other": 1\n}\n',
  'toml, in a section that tells': '[jwt.signing]\nkey = "%"\n',
  'yaml, below what tells': 'jwt.signing:\n  expires: 10\n  key: %\nother: 1\n',
  'json, below what tells': '{\n  "signing": {\n    "key": "%"\n  }\n}\n',
  'json, below what tells, one line': '{"jwt.signing":{"expires":10,"key":"%"},"port":1}',
  'kubernetes secret, flow style': 'kind: Secret\nstringData: {a: %, b: c}\n',
  'haproxy, escaped blanks': 'http-check send hdr Authorization:\\ Basic\\ %\n',
  'haproxy, redis': 'tcp-check send AUTH\\ %\\r\\n\n',
  toml: 'rpc_secret = "%"\n',
  'toml, long': 'password = """\n%\n"""\nport = 1\n',
  'toml, inline': 'auth = { user = "a", token = "%" }\n',
  drbd: 'net {\n  shared-secret "%";\n}\n',
  keepalived: 'authentication {\n    auth_type PASS\n    auth_pass %\n}\n',
  tgt: '<target iqn.2001-04.com.example:a>\n    incominguser joe %\n</target>\n',
  scst: 'TARGET iqn {\n  IncomingUser "joe %"\n}\n',
  nslcd: 'bindpw %\n',
  haproxy: '    user admin insecure-password %\n',
  'haproxy, stats': '    stats auth admin:%\n',
  snmpd: 'rocommunity %\n',
  url: 'servers: ["nats://warmspare:%@10.0.0.1:4222"]\n',
  'url, quoted value': 'dsn = "postgres://u:%@db/x"\n',
  bearer: 'header = Authorization: Bearer %\n',
  'command line': 'ExecStart=/usr/bin/x --password % --port 1\n',
  'command line, equals': 'ExecStart=/usr/bin/x --token=% --port 1\n',
  samba: 'exec net ads join -U administrator%%\n',
  mount: '//nas1/x /mnt cifs username=a,password=%,uid=3 0 0\n',
  xml: '<config><password>%</password></config>\n',
  wireguard: '[Interface]\nPrivateKey = %=\n',
  pem: '-----BEGIN RSA PRIVATE KEY-----\n%\nabc\n-----END RSA PRIVATE KEY-----\nnext\n',
  'pem in yaml':
    'tls:\n  key: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    %\n    -----END OPENSSH PRIVATE KEY-----\n',
  diff: '@@ -1,2 +1,2 @@\n-  password = old\n+  password = %\n',
  'diff of a key': '+-----BEGIN PRIVATE KEY-----\n+%\n+-----END PRIVATE KEY-----\n',
};

const plant = (template: string, secret: string) => template.replace(/%(?!%)/, () => secret);

/** Of the length and the alphabet that generated passwords have, so that it is no word by chance. */
const canary = fc
  .array(fc.constantFrom(...'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789'), {
    minLength: 12,
    maxLength: 40,
  })
  .map(letters => `Cn4${letters.join('')}7q2z`);

describe('maskSecrets', () => {
  it.each(Object.keys(PLANTED))('hides a secret in %s and keeps the lines', form => {
    const text = plant(PLANTED[form]!, 'Canary7Zq93kLmX2');
    const masked = maskSecrets(text);
    expect(masked.text).not.toContain('Canary7Zq93kLmX2');
    expect(masked.text.split('\n').length).toBe(text.split('\n').length);
    expect(masked.count).toBeGreaterThan(0);
  });

  it('hides fifty canaries planted in one text of every form', () => {
    const forms = Object.values(PLANTED);
    expect(forms.length).toBeGreaterThanOrEqual(50);
    const secrets = forms.map((_, i) => `Canary${i}x7Zq93kLmX2`);
    const text = forms.map((form, i) => plant(form, secrets[i]!)).join('\n---\n');
    const masked = maskSecrets(text).text;
    expect(secrets.filter(secret => masked.includes(secret))).toEqual([]);
  });

  it('hides any secret, keeps the number of lines, and is its own fixed point', () => {
    const forms = fc.constantFrom(...Object.values(PLANTED));
    fc.assert(
      fc.property(fc.array(fc.tuple(forms, canary), { minLength: 1, maxLength: 4 }), planted => {
        const text = planted.map(([form, secret]) => plant(form, secret)).join('\n');
        const masked = maskSecrets(text);
        for (const [, secret] of planted) expect(masked.text).not.toContain(secret);
        expect(masked.text.split('\n').length).toBe(text.split('\n').length);
        expect(maskSecrets(masked.text).text).toBe(masked.text);
      }),
      runs(1000),
    );
  });

  it('hides what is left of a Ceph key that was cut, which is short', () => {
    expect(maskSecrets('\tkey = AQCdExq07Zk').text).toBe(`\tkey = ${MASK}`);
    // What else stands behind a key of that name may be anything.
    expect(maskSecrets('\tkey = AquaExq07Zk').count).toBe(0);
  });

  it('does not tell the length of a secret', () => {
    const short = maskSecrets('password = a1').text;
    expect(short).toBe(`password = ${MASK}`);
    expect(maskSecrets('password = a1b2c3d4e5f6a7b8').text).toBe(short);
  });

  it.each([
    ['"chap_password": "x9",', `"chap_password": "${MASK}",`],
    ['  auth_pass 1111', `  auth_pass ${MASK}`],
    ['shared-secret "FooFunFactory";', `shared-secret "${MASK}";`],
    ['incominguser someuser secretpass12', `incominguser someuser ${MASK}`],
    ['- {user: a, password: b c, port: 1}', `- {user: a, password: ${MASK}, port: 1}`],
    ['username=a,password=b,uid=3', `username=a,password=${MASK},uid=3`],
    ['nats://u:pw@10.0.0.1:4222', `nats://u:${MASK}@10.0.0.1:4222`],
    ['nats://u:p/w@x@10.0.0.1:4222', `nats://u:${MASK}@10.0.0.1:4222`],
    ['nats://u:pw@a:1,nats://u:pw@b:1', `nats://u:${MASK}@a:1,nats://u:${MASK}@b:1`],
  ])('masks only the value of %s', (text, expected) => {
    expect(maskSecrets(text).text).toBe(expected);
  });

  it('masks a line of a key that is torn from its beginning', () => {
    const torn = '+b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQyNTUxOQ==';
    expect(maskSecrets(torn).text).toBe(`+${MASK}`);
  });

  it('takes further keys', () => {
    expect(maskSecrets('license = abc').count).toBe(0);
    expect(maskSecrets('license = abc', [/^licen[cs]e$/i]).text).toBe(`license = ${MASK}`);
  });

  it.each([
    'key: /etc/zrepl/backup1.key',
    'ldap admin dn = cn=admin,dc=example,dc=com',
    'encrypt passwords = yes',
    'unix password sync = no',
    'passwd program = /usr/bin/passwd %u',
    'password server = dc1.example.com',
    'smb passwd file = /etc/samba/smbpasswd',
    'passdb backend = tdbsam',
    'passwd:         files systemd',
    'password\trequisite\tpam_pwquality.so retry=3',
    'password [success=1 default=ignore] pam_unix.so obscure',
    '# Use password server option only with security = server',
    'credentials:\n  name: backend-secret\n  type: secret',
    'secretName: backend-secret',
    'imagePullSecrets:\n  - name: registry',
    'key: hostname',
    'name: backend-secret',
    'path: /var/lib/keys',
    'max_tokens: 4',
    'reservation_key 0x123456789abcdef0',
    'ssh_host_key = nas1',
    'password = $DB_PASSWORD',
    'image: docker://registry:5000/nas@sha256',
    'PasswordAuthentication no',
    'kpasswd\t\t464/tcp',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '# of the\n# passwords.  Functional',
    'private_key = $dir/private/cakey.pem',
    'secret = # none',
    'disk_id: 550e8400-e29b-41d4-a716-446655440000',
    'key: 550e8400-e29b-41d4-a716-446655440000',
    'iqn.2003-01.org.linux-iscsi.nas1:secret:disk1',
    'password =\nworkgroup = X',
    'kind: ConfigMap\ndata:\n  file: plain text here',
  ])('leaves %s as it is', text => {
    expect(maskSecrets(text)).toEqual({ text, count: 0 });
  });

  it('takes a long hostile line in linear time', () => {
    const blanks = ' '.repeat(200_000);
    for (const line of [
      `password = ${blanks}x`,
      `password ${blanks}`,
      'token:'.repeat(50_000),
      '-'.repeat(200_000),
      `"a":{`.repeat(50_000),
      '://:'.repeat(50_000),
    ]) {
      const before = performance.now();
      maskSecrets(line);
      expect(performance.now() - before).toBeLessThan(3000);
    }
  });
});

describe('isSecretKey', () => {
  it.each([
    'password',
    'Passwd',
    'shared-secret',
    'apiKey',
    'api_key',
    'private key',
    'bindpw',
    'chap_password',
    'auth_pass',
    'psk',
    'credentials',
    'node.session.auth.password_in',
    'secretAccessKey',
    'RPC_SECRET',
  ])('%s is one', key => expect(isSecretKey(key)).toBe(true));
  it.each([
    'key',
    'path',
    'name',
    'secretName',
    'public key',
    'ldap admin dn',
    'passdb backend',
    'monkey',
    'compass',
    'token_ttl',
    'access_key_id',
  ])('%s is none', key => expect(isSecretKey(key)).toBe(false));
});

describe('the corpus', () => {
  it('shows no secret of its published samples', () => {
    const corpus = new URL('../../../../shared/corpus/', import.meta.url);
    const secrets = ['secretpass12', 'secretpass23', 'secretpassA', 'ieho4CiiUmaes6Ai', 'Gei6mahcui4Ai0Oh'];
    const shown: string[] = [];
    for (const set of readdirSync(corpus, { withFileTypes: true }).filter(entry => entry.isDirectory())) {
      for (const file of readdirSync(new URL(`${set.name}/`, corpus))) {
        if (/^(SOURCE|identity\.json)$/.test(file)) continue;
        const masked = maskSecrets(readFileSync(new URL(`${set.name}/${file}`, corpus), 'utf8')).text;
        shown.push(...secrets.filter(secret => masked.includes(secret)).map(secret => `${file}: ${secret}`));
      }
    }
    expect(shown).toEqual([]);
  });
});
