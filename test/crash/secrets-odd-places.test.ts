import { expect, test } from 'vitest';
import { withPair } from '../support/pair.ts';

const CANARY = 'CanaryAxq05Zk8b7Tq4';
const RULES = { include: ['**'], identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }] };

/** Where the secret is no value of its key, or its key does not begin the line. */
const ODD: Readonly<Record<string, string>> = {
  'garage.toml': `host = "nas1"\napi_key = { current = "${CANARY}" }\n`,
  'r0.res': `resource r0 { on nas1 { address 10.0.0.9:7788; } net { cram-hmac-alg sha1; shared-secret "${CANARY}"; } }\n`,
  'ganesha.conf': `CEPH { Host = nas1; secret_access_key = ${CANARY} ${CANARY}; }\n`,
  'credentials.conf': `a { host nas1; credentials { joe ${CANARY}; } }\n`,
  'smb.conf': `[global]\n   server string = nas1\n   Auth-Token : ${CANARY}\n`,
};

test.each(Object.keys(ODD))('a secret in an odd place of %s stands in no output', async file => {
  await withPair(RULES, async pair => {
    const leaked: string[] = [];
    const run = async (...argv: string[]) => {
      for (const line of [argv, [...argv, '--json']]) {
        const { stdout, stderr } = await pair.warmspare(...line);
        for (const text of `${stdout}${stderr}`.split('\n'))
          if (text.includes(CANARY)) leaked.push(`${line.join(' ')}: ${text.trim()}`);
      }
    };
    pair.write('primary', file, ODD[file]!.replaceAll(CANARY, 'before'));
    await run('update');
    pair.write('primary', file, ODD[file]!);
    await run('diff');
    await run('update');
    await run('explain', file, '3');
    await run('explain', file, '2');
    pair.write('backup', file, ODD[file]!.replaceAll('nas1', 'nas2').replaceAll(CANARY, `own${CANARY}`));
    await run('verify');
    await run('verify', '--repair');
    pair.write('primary', file, ODD[file]!.replaceAll(CANARY, `next${CANARY}`));
    await run('check');
    await run('update');
    await run('status');
    expect(leaked).toEqual([]);
  });
});
